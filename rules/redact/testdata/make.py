#!/usr/bin/env python3
"""Makes a workbook and a document with all that people put into them, into the
folder given. The people are generated, nobody's."""
import os, struct, sys, zlib
import docx, openpyxl
from docx.shared import RGBColor
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table

def resident(i):
    w = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    return i + "10X98765432"[sum(int(d) * k for d, k in zip(i, w)) % 11]

PEOPLE = [
    ("欧阳明轩", 13581726394, resident("11010119900307803"), "mingxuan@163.com", 1200.5),
    ("李娜", 13986547218, resident("31010419851212002"), "lina@163.com", 80),
    ("王建国", 15012340987, resident("44010619700101451"), "jianguo@qq.com", 33),
]
HEAD = ("姓名", "手机号", "身份证号", "电子邮箱", "金额")
os.chdir(sys.argv[1])

def picture():
    chunk = lambda t, d: struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
open("one.png", "wb").write(picture())

wb = openpyxl.Workbook()
ws = wb.active
ws.title = "客户"
ws.append(HEAD)
for p in PEOPLE: ws.append(p)
for c in ws[1]: c.font, c.fill = Font(bold=True, color="FF0000"), PatternFill("solid", fgColor="FFFF00")
ws.column_dimensions["C"].width = 31
ws.row_dimensions[2].height = 40
ws.freeze_panes = "B2"
ws["B2"].number_format = "0"
ws["E5"] = "=SUM(E2:E4)"
ws["F2"] = '=A2&"的电话"'
ws["G2"] = '="电话："&"13700002222"'
ws["A2"].comment = Comment("备用电话 13600001111", "note")
ws["A2"].hyperlink = "mailto:mingxuan@163.com"
ws.merge_cells("A7:C7")
ws["A7"] = "联系电话：15112345607"
ws.auto_filter.ref = "A1:E4"
v = DataValidation(type="list", formula1='"男,女"'); ws.add_data_validation(v); v.add("H2")
ws.conditional_formatting.add("E2:E4", CellIsRule(operator="greaterThan", formula=["100"], font=Font(bold=True)))
ws.oddHeader.center.text = "手机：13700003333"
ws.print_title_rows = "1:1"
chart = BarChart()
chart.add_data(Reference(ws, min_col=5, min_row=1, max_row=4), titles_from_data=True)
chart.set_categories(Reference(ws, min_col=1, min_row=2, max_row=4))
ws.add_chart(chart, "J2")
other = wb.create_sheet("hidden")
other.sheet_state = "hidden"
other["C5"] = "电话：15112345678"
other["A1"], other["B1"] = "编号", "数量"
other["A2"], other["B2"] = "a", 1
other.add_table(Table(displayName="t1", ref="A1:B2"))
wb.properties.creator = "作者"
wb.save("rich.xlsx")

d = docx.Document()
d.add_heading("客户名单", 1)
p = d.add_paragraph("客户欧阳明轩，电话：")
r = p.add_run("1358"); r.bold = True
r = p.add_run("1726394"); r.font.color.rgb = RGBColor(255, 0, 0)
p.add_run("，请保密。")
t = d.add_table(rows=0, cols=5, style="Table Grid")
for row in (HEAD,) + tuple(PEOPLE):
    for cell, v in zip(t.add_row().cells, row): cell.text = str(v)
d.add_picture("one.png")
d.sections[0].header.paragraphs[0].text = "手机：13700003333"
d.sections[0].footer.paragraphs[0].text = "电话：13600001111"
d.add_paragraph("第一项", style="List Bullet")
d.core_properties.title = "联系电话：15112345607"
d.save("rich.docx")
