#!/usr/bin/env python3
"""Opens the masked copies of what make.py made, in the folder given, and
compares what must be masked and what must have stayed."""
import os, sys
import docx, openpyxl
os.chdir(sys.argv[1])

def same(got, want):
    if got != want: sys.exit("got %r, want %r" % (got, want))

MASKED = [
    ["欧阳**", "135****6394", "110101********803X", "m***@163.com"],
    ["李*", "139****7218", "310104********0023", "l***@163.com"],
    ["王**", "150****0987", "440106********4517", "j***@qq.com"],
]
was, wb = openpyxl.load_workbook("rich.xlsx"), openpyxl.load_workbook("masked-rich.xlsx")
same(wb.sheetnames, ["客户", "hidden"])
same(wb["hidden"].sheet_state, "hidden")
before, ws = was["客户"], wb["客户"]
same([[c.value for c in r[:4]] for r in ws["A2:D4"]], MASKED)
same([c.value for c in ws[1]][:5], ["姓名", "手机号", "身份证号", "电子邮箱", "金额"])
same([ws["E2"].value, ws["E5"].value, ws["F2"].value], [1200.5, "=SUM(E2:E4)", '=A2&"的电话"'])
same(ws["A7"].value, "联系电话：151****5607")
same(ws["A2"].comment.text, "备用电话 136****1111")
same(ws["A2"].hyperlink.target, "mailto:m***@163.com")
same(ws.oddHeader.center.text, "手机：137****3333")
same(wb["hidden"]["C5"].value, "电话：151****5678")
for row in before.iter_rows():
    for c in row:
        n = ws[c.coordinate]
        same(*(repr((x.font, x.fill, x.number_format, x.alignment)) for x in (n, c)))
same(ws.column_dimensions["C"].width, 31)
same((ws.row_dimensions[2].height, ws.freeze_panes, ws.auto_filter.ref, str(ws.merged_cells)), (40, "B2", "A1:E4", str(before.merged_cells)))
same((len(ws._charts), len(ws.data_validations.dataValidation), len(ws.conditional_formatting)), (1, 1, 1))
same(list(wb["hidden"].tables), ["t1"])

d = docx.Document("masked-rich.docx")
same([[c.text for c in r.cells][:4] for r in d.tables[0].rows][1:], MASKED)
same(d.tables[0].style.name, "Table Grid")
p = d.paragraphs[1]
same([r.text for r in p.runs][1:], ["135*", "***6394", "，请保密。"])
same((p.runs[1].bold, str(p.runs[2].font.color.rgb), d.paragraphs[0].style.name), (True, "FF0000", "Heading 1"))
same((d.sections[0].header.paragraphs[0].text, d.sections[0].footer.paragraphs[0].text), ("手机：137****3333", "电话：136****1111"))
same((len(d.inline_shapes), d.core_properties.title), (1, "联系电话：151****5607"))
print("as wanted")
