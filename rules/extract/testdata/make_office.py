#!/usr/bin/env python3
"""Makes office.tar.xz with LibreOffice: ten documents, ten workbooks and ten
presentations, each with text in another place and each in every format, and
manifest.json, which says what has to be found in which.

Needs python3-uno and LibreOffice (calc, writer, impress). Run it in this folder.
"""
import json, os, shutil, subprocess, tempfile, time
import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.awt import Size, Point
from com.sun.star.table import CellRangeAddress

OUT = "office"
PROFILE = "-env:UserInstallation=file://" + tempfile.mkdtemp()  # beside one that may be open
PHONE = "138%08d"  # nobody's
FORMATS = {
    "writer": {"docx": "MS Word 2007 XML", "doc": "MS Word 97", "odt": "writer8", "rtf": "Rich Text Format", "fodt": "OpenDocument Text Flat XML"},
    "calc": {"xlsx": "Calc MS Excel 2007 XML", "xls": "MS Excel 97", "ods": "calc8", "fods": "OpenDocument Spreadsheet Flat XML"},
    "impress": {"pptx": "Impress MS PowerPoint 2007 XML", "ppt": "MS PowerPoint 97", "odp": "impress8"},
}
manifest = {}
count = 0

def value(what):
    """A sentence with a number that stands nowhere else."""
    global count
    count += 1
    return f"{what}电话{PHONE % (12340000 + count)}。"

def prop(n, v):
    x = PropertyValue(); x.Name = n; x.Value = v; return x

def start():
    pipe = "trustline-office"
    p = subprocess.Popen(["soffice", PROFILE, "--headless", "--norestore", f"--accept=pipe,name={pipe};urp;"])
    ctx = uno.getComponentContext()
    resolver = ctx.ServiceManager.createInstance("com.sun.star.bridge.UnoUrlResolver")
    for _ in range(120):
        try:
            remote = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
            return p, remote.ServiceManager.createInstance("com.sun.star.frame.Desktop")
        except Exception:
            time.sleep(0.5)
    raise SystemExit("LibreOffice does not answer")

NOTES = """<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:dc="http://purl.org/dc/elements/1.1/" office:version="1.2" office:mimetype="application/vnd.oasis.opendocument.text"><office:body><office:text>
<text:p>%s<office:annotation><dc:creator>note</dc:creator><dc:date>2026-01-02T10:00:00</dc:date><text:p>%s</text:p></office:annotation>
b<text:note text:id="f" text:note-class="footnote"><text:note-citation>1</text:note-citation><text:note-body><text:p>%s</text:p></text:note-body></text:note>
c<text:note text:id="e" text:note-class="endnote"><text:note-citation>i</text:note-citation><text:note-body><text:p>%s</text:p></text:note-body></text:note></text:p>
</office:text></office:body></office:document>"""

def writer_variants(doc, n):
    t, c = doc.Text, doc.Text.createTextCursor()
    say = lambda s: t.insertString(t.createTextCursorByRange(t.getEnd()), s + "\n", False)
    first = value("正文"); say(first); found = [first]
    def add(v): found.append(v); return v
    style = doc.StyleFamilies.getByName("PageStyles").getByName("Standard")
    if n == 1:
        for _ in range(30): say(add(value("段落")))
    if n == 2 or n == 9:
        table = doc.createInstance("com.sun.star.text.TextTable"); table.initialize(6, 3)
        t.insertTextContent(t.createTextCursorByRange(t.getEnd()), table, False)
        if n == 9:
            cur = table.createCursorByCellName("A1"); cur.gotoCellByName("B1", True); cur.mergeRange()
        for name in table.CellNames: table.getCellByName(name).String = add(value("表格"))
    if n == 4:
        style.HeaderIsOn = style.FooterIsOn = True
        style.HeaderText.setString(add(value("页眉"))); style.FooterText.setString(add(value("页脚")))
    if n == 5:
        frame = doc.createInstance("com.sun.star.text.TextFrame")
        t.insertTextContent(c, frame, False); frame.Text.setString(add(value("文本框")))
    if n == 6:
        for key, val in (("CharColor", 0xFFFFFF), ("CharHeight", 1.0), ("CharStrikeout", 1)):
            cur = t.createTextCursorByRange(t.getEnd()); cur.setPropertyValue(key, val)
            t.insertString(cur, add(value("看不见")) + "\n", False)
    if n == 7:
        cur = t.createTextCursorByRange(t.getEnd()); cur.NumberingStyleName = "List 1"
        for _ in range(5): say(add(value("列表")))
    if n == 8:
        doc.lockControllers(); doc.RecordChanges = True
        say(add(value("修订"))); doc.RecordChanges = False; doc.unlockControllers()
    if n == 10:
        style.IsLandscape = True; say(add(value("横向")))
    return doc, found

def calc_variants(doc, n):
    s, found = doc.Sheets.getByIndex(0), []
    def add(v): found.append(v); return v
    def put(x, y, v): s.getCellByPosition(x, y).String = v
    put(0, 0, add(value("单元格")))
    if n == 2:
        for y in range(1, 30): s.getCellByPosition(1, y).Value = float(13812340000 + y); found.append(str(13812340000 + y))
    if n == 3:
        s.getCellByPosition(0, 1).Formula = '="客户" & "' + add(value("公式")) + '"'
    if n == 4:
        a = uno.createUnoStruct("com.sun.star.table.CellAddress"); a.Sheet, a.Column, a.Row = 0, 1, 1
        s.Annotations.insertNew(a, add(value("批注")))
    if n == 5:
        doc.Sheets.insertNewByName("hidden", 1); h = doc.Sheets.getByIndex(1)
        h.getCellByPosition(2, 2).String = add(value("隐藏表")); h.IsVisible = False
    if n == 6:
        put(0, 4, add(value("隐藏行"))); s.Rows.getByIndex(4).IsVisible = False
        put(5, 1, add(value("隐藏列"))); s.Columns.getByIndex(5).IsVisible = False
    if n == 7:
        style = doc.StyleFamilies.getByName("PageStyles").getByName("Default")
        h = style.RightPageHeaderContent; h.CenterText.setString(add(value("页眉"))); style.RightPageHeaderContent = h
    if n == 8:
        s.getCellRangeByName("A3:C5").merge(True); put(0, 2, add(value("合并")))
    if n == 9:
        s.getCellByPosition(0, 1).setFormula("'013812349999"); found.append("013812349999")
        shape = doc.createInstance("com.sun.star.drawing.TextShape"); shape.setSize(Size(5000, 1000)); s.DrawPage.add(shape); shape.setString(add(value("形状")))
    if n == 10:
        for k in range(1, 12):
            doc.Sheets.insertNewByName(f"表{k}", k); t = doc.Sheets.getByIndex(k)
            for y in range(10): t.getCellByPosition(k, y).String = add(value("多表"))
    return doc, found

def impress_variants(doc, n):
    found = []
    def add(v): found.append(v); return v
    def shape(page, text, kind="TextShape", y=1000):
        sh = doc.createInstance("com.sun.star.drawing." + kind); sh.setPosition(Point(1000, y)); sh.setSize(Size(15000, 1500))
        page.add(sh); sh.setString(text); return sh
    page = doc.DrawPages.getByIndex(0)
    shape(page, add(value("幻灯片")))
    if n == 2:
        for k in range(1, 6): shape(doc.DrawPages.insertNewByIndex(k), add(value("页")))
    if n == 3:
        sh = doc.createInstance("com.sun.star.drawing.TextShape"); page.NotesPage.add(sh); sh.setString(add(value("备注")))
    if n == 4:
        tab = doc.createInstance("com.sun.star.drawing.TableShape"); tab.setSize(Size(20000, 5000)); page.add(tab)
        tab.Model.Columns.insertByIndex(0, 2); tab.Model.Rows.insertByIndex(0, 3)
        for y in range(3):
            for x in range(2): tab.Model.getCellByPosition(x, y).setString(add(value("表格")))
    if n == 5:
        p = doc.DrawPages.insertNewByIndex(1); shape(p, add(value("隐藏页"))); p.Visible = False
    if n == 6:
        group = doc.createInstance("com.sun.star.drawing.GroupShape"); page.add(group)
        for k in range(2):
            sh = doc.createInstance("com.sun.star.drawing.RectangleShape"); sh.setPosition(Point(1000, 3000 + 2000 * k)); sh.setSize(Size(9000, 1500)); group.add(sh); sh.setString(add(value("组合")))
    if n == 7:
        a = page.createAndInsertAnnotation(); a.TextRange.setString(add(value("批注"))); a.Author = "note"
    if n == 8: shape(doc.MasterPages.getByIndex(0), add(value("母版")))
    if n == 9: shape(page, "\n".join(add(value("多行")) for _ in range(20)), "RectangleShape", 4000)
    if n == 10:
        for k in range(10): shape(page, add(value("框")), "EllipseShape", 1000 + 1500 * k)
    return doc, found

def convert_notes():
    """Document 3 again, with comment and notes: LibreOffice breaks down over them but for converting."""
    found = [value("正文"), value("批注"), value("脚注"), value("尾注")]
    open("writer-3.xml", "w").write(NOTES % tuple(found))
    for ext, filter in FORMATS["writer"].items():
        subprocess.run(["soffice", PROFILE, "--headless", "--convert-to", f"{ext}:{filter}", "--outdir", OUT, "writer-3.xml"], check=True)
        manifest[f"writer-3.{ext}"] = found
    os.remove("writer-3.xml")

def main():
    shutil.rmtree(OUT, ignore_errors=True); os.makedirs(OUT)
    p, desktop = start()
    for app, variants in (("writer", writer_variants), ("calc", calc_variants), ("impress", impress_variants)):
        for n in range(1, 11):
            doc = desktop.loadComponentFromURL("private:factory/s" + app, "_blank", 0, (prop("Hidden", True),))
            doc, found = variants(doc, n)
            for ext, filter in FORMATS[app].items():
                name = f"{app}-{n}.{ext}"
                doc.storeToURL("file://" + os.path.abspath(os.path.join(OUT, name)), (prop("FilterName", filter),))
                manifest[name] = found
            try: doc.close(True)
            except Exception:  # LibreOffice breaks down now and then
                p.kill(); p.wait()
                p, desktop = start()
    try: desktop.terminate()
    except Exception: pass
    p.wait(30)
    convert_notes()
    json.dump(manifest, open(os.path.join(OUT, "manifest.json"), "w"), ensure_ascii=False)
    names = sorted(os.listdir(OUT), key=lambda f: (f.rsplit(".")[-1], f))  # alike beside alike
    subprocess.run(["tar", "--owner=0", "--group=0", "--mtime=@0", "-cJf", "office.tar.xz", "-C", OUT] + names, check=True)
    shutil.rmtree(OUT)

main()
