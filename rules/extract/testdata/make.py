#!/usr/bin/env python3
"""Makes the files in real/ with the programs people use, once.

Needs python3-openpyxl, python3-docx, python3-uno, LibreOffice (calc, writer,
impress), zip, 7z, xz, zstd, bzip2, python3-reportlab,
qpdf, ghostscript, poppler-utils. Every file holds the same generated people,
so that tests know what must come out. Run it in this folder.
"""
import bz2, gzip, io, os, subprocess, sys, tarfile, time, zipfile
import docx, openpyxl
from openpyxl.comments import Comment

PEOPLE = [  # generated, nobody's
    ("欧阳明轩", "13812345678", "11010119900307811X", "mingxuan@example.com"),
    ("李娜", "13987654321", "310104198512120024", "lina@example.com"),
    ("王建国", "15012340987", "440106197001014511", "jianguo@example.com"),
]
HEAD = ("姓名", "手机号", "身份证号", "电子邮箱")
OUT = "real"
CSV = "\n".join(",".join(r) for r in [HEAD] + PEOPLE) + "\n"
os.makedirs(OUT, exist_ok=True)
def out(name): return os.path.join(OUT, name)
def run(*args, **kw): subprocess.run(args, check=True, stdout=subprocess.DEVNULL, **kw)

def texts():
    for name, enc in [("utf8.csv", "utf-8"), ("utf8-bom.csv", "utf-8-sig"), ("gb18030.csv", "gb18030"),
                      ("utf16le.csv", "utf-16-le"), ("utf16be.csv", "utf-16-be"), ("utf16-bom.csv", "utf-16")]:
        open(out(name), "wb").write(CSV.encode(enc))
    open(out("big5.txt"), "wb").write("客戶名單：歐陽明軒的電話是13812345678，請保密。\n".encode("big5"))

def openpyxl_books():
    wb = openpyxl.Workbook()
    ws = wb.active
    ws.title = "客户"
    ws.append(HEAD)
    for n, m, i, e in PEOPLE:
        ws.append([n, int(m), i, e])
    ws["A2"].comment = Comment("备用电话 13600001111", "note")
    ws["F9"] = '="备"&"13700002222"'
    hidden = wb.create_sheet("hidden")
    hidden.sheet_state = "hidden"
    hidden["C5"] = "赵敏 15112345678"
    wb.save(out("openpyxl.xlsx"))
    wb = openpyxl.Workbook(write_only=True)
    ws = wb.create_sheet("list")
    for r in [HEAD] + PEOPLE:
        ws.append(r)
    wb.save(out("openpyxl-stream.xlsx"))

def word():
    d = docx.Document()
    d.add_paragraph("客户欧阳明轩，电话13812345678。")
    t = d.add_table(rows=0, cols=4)
    for r in [HEAD] + PEOPLE:
        for cell, v in zip(t.add_row().cells, r):
            cell.text = v
    d.sections[0].header.paragraphs[0].text = "页眉 13600001111"
    d.sections[0].footer.paragraphs[0].text = "页脚 13700002222"
    d.save(out("python-docx.docx"))

def office():
    import uno
    from com.sun.star.beans import NamedValue, PropertyValue
    pipe = "trustline-make"
    p = subprocess.Popen(["soffice", "--headless", "--norestore", f"--accept=pipe,name={pipe};urp;"])
    ctx = uno.getComponentContext()
    resolver = ctx.ServiceManager.createInstance("com.sun.star.bridge.UnoUrlResolver")
    for _ in range(60):
        try:
            remote = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
            break
        except Exception:
            time.sleep(0.5)
    desktop = remote.ServiceManager.createInstance("com.sun.star.frame.Desktop")
    def prop(n, v):
        x = PropertyValue(); x.Name = n; x.Value = v; return x
    def secret():
        data = []
        for n, v in (("OOXPassword", "secret"), ("CryptoType", "Standard")):
            x = NamedValue(); x.Name = n; x.Value = v; data.append(x)
        return prop("EncryptionData", uno.Any("[]com.sun.star.beans.NamedValue", tuple(data)))
    def store(doc, name, filter, *more):
        url = "file://" + os.path.abspath(out(name))
        doc.storeToURL(url, (prop("FilterName", filter),) + more)
    calc = desktop.loadComponentFromURL("private:factory/scalc", "_blank", 0, (prop("Hidden", True),))
    sheet = calc.Sheets.getByIndex(0)
    sheet.Name = "客户"
    for y, r in enumerate([HEAD] + PEOPLE):
        for x, v in enumerate(r):
            if x == 1 and y > 0: sheet.getCellByPosition(x, y).Value = float(v)
            else: sheet.getCellByPosition(x, y).String = v
    calc.Sheets.insertNewByName("second", 1)
    calc.Sheets.getByIndex(1).getCellByPosition(2, 4).String = "赵敏 15112345678"
    calc.Sheets.getByIndex(1).IsVisible = False
    store(calc, "calc.xlsx", "Calc MS Excel 2007 XML")
    store(calc, "calc.xls", "MS Excel 97")
    store(calc, "calc.ods", "calc8")
    store(calc, "calc.fods", "OpenDocument Spreadsheet Flat XML")
    store(calc, "calc.html", "HTML (StarCalc)")
    store(calc, "calc.pdf", "calc_pdf_Export")
    store(calc, "calc-password.xlsx", "Calc MS Excel 2007 XML", secret())
    store(calc, "calc-password.ods", "calc8", prop("Password", "secret"))
    calc.close(True)
    writer = desktop.loadComponentFromURL("private:factory/swriter", "_blank", 0, (prop("Hidden", True),))
    text = writer.Text
    cursor = text.createTextCursor()
    text.insertString(cursor, "客户欧阳明轩，电话13812345678。\n", False)
    table = writer.createInstance("com.sun.star.text.TextTable")
    table.initialize(4, 4)
    text.insertTextContent(cursor, table, False)
    for y, r in enumerate([HEAD] + PEOPLE):
        for x, v in enumerate(r):
            table.getCellByPosition(x, y).String = v
    store(writer, "writer.docx", "MS Word 2007 XML")
    store(writer, "writer.doc", "MS Word 97")
    store(writer, "writer.odt", "writer8")
    store(writer, "writer.rtf", "Rich Text Format")
    store(writer, "writer.html", "HTML (StarWriter)")
    store(writer, "writer.pdf", "writer_pdf_Export")
    store(writer, "writer-password.docx", "MS Word 2007 XML", secret())
    store(writer, "writer-password.pdf", "writer_pdf_Export", prop("FilterData", uno.Any("[]com.sun.star.beans.PropertyValue", (prop("EncryptFile", True), prop("DocumentOpenPassword", "secret")))))
    writer.close(True)
    impress = desktop.loadComponentFromURL("private:factory/simpress", "_blank", 0, (prop("Hidden", True),))
    page = impress.DrawPages.getByIndex(0)
    for y, r in enumerate([HEAD] + PEOPLE):
        shape = impress.createInstance("com.sun.star.drawing.TextShape")
        page.add(shape)
        shape.String = " ".join(r)
    notes = page.NotesPage
    shape = impress.createInstance("com.sun.star.drawing.TextShape")
    notes.add(shape)
    shape.String = "备注 13600001111"
    store(impress, "impress.pptx", "Impress MS PowerPoint 2007 XML")
    store(impress, "impress.ppt", "MS PowerPoint 97")
    store(impress, "impress.odp", "impress8")
    impress.close(True)
    try: desktop.terminate()
    except Exception: pass
    p.wait(30)

def archives():
    os.makedirs("work/名单", exist_ok=True)
    open("work/名单/客户.csv", "w").write(CSV)
    for f in ["openpyxl.xlsx"]:
        open("work/" + f, "wb").write(open(out(f), "rb").read())
    for f in os.listdir(OUT):
        if f.startswith(("zip", "7z", "tar", "csv.")): os.remove(out(f))
    here = os.path.abspath(OUT)
    run("zip", "-r", here + "/zip.zip", ".", cwd="work")
    run("zip", "-0", "-r", here + "/zip-stored.zip", ".", cwd="work")
    run("zip", "-P", "secret", "-r", here + "/zip-password.zip", ".", cwd="work")
    with open(here + "/zip-piped.zip", "wb") as f:
        subprocess.run(["zip", "-q", "-r", "-", "."], cwd="work", stdout=f, check=True)
    for m in ["Deflate", "BZip2", "Deflate64", "LZMA"]:
        run("7z", "a", "-tzip", "-mm=" + m, here + f"/7z-{m.lower()}.zip", "名单", cwd="work")
    run("7z", "a", "-tzip", "-psecret", "-mem=AES256", here + "/7z-aes.zip", "名单", cwd="work")
    run("7z", "a", here + "/7z.7z", "名单", cwd="work")
    run("7z", "a", "-psecret", here + "/7z-password.7z", "名单", cwd="work")
    run("7z", "a", "-psecret", "-mx0", here + "/7z-password-stored.7z", "名单", cwd="work")
    run("7z", "a", "-psecret", "-mhe=on", here + "/7z-password-names.7z", "名单", cwd="work")
    class GBK(zipfile.ZipInfo):
        def _encodeFilenameFlags(self): return self.filename.encode("gbk"), self.flag_bits & ~0x800
    with zipfile.ZipFile(here + "/zip-gbk-names.zip", "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr(GBK("客户名单.csv"), CSV)
    inner = open(here + "/zip.zip", "rb").read()
    with zipfile.ZipFile(here + "/zip-nested.zip", "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("inner.zip", inner)
    run("tar", "-cf", here + "/tar.tar", ".", cwd="work")
    run("tar", "-czf", here + "/tar.tar.gz", ".", cwd="work")
    run("tar", "-cJf", here + "/tar.tar.xz", ".", cwd="work")
    run("tar", "--zstd", "-cf", here + "/tar.tar.zst", ".", cwd="work")
    run("tar", "-cjf", here + "/tar.tar.bz2", ".", cwd="work")
    for tool, ext in [("gzip", "gz"), ("bzip2", "bz2"), ("xz", "xz"), ("zstd", "zst")]:
        data = subprocess.run([tool, "-c"], input=CSV.encode(), stdout=subprocess.PIPE, check=True).stdout
        open(out("csv." + ext), "wb").write(data)
    run("rm", "-r", "work")

def mails():
    import mailbox
    from email.message import EmailMessage
    m = EmailMessage()
    m["From"], m["To"], m["Subject"] = "王建国 <jianguo@example.com>", "lina@example.com", "客户名单"
    m["Date"], m["Message-ID"] = "Mon, 02 Jan 2026 10:00:00 +0800", "<1@example.com>"
    m.set_content("您好，名单见附件。联系 13600001111\n", charset="gb18030", cte="base64")
    m.add_attachment(CSV.encode("gb18030"), maintype="text", subtype="csv", filename="客户名单.csv")
    m.add_attachment(open(out("openpyxl.xlsx"), "rb").read(), maintype="application", subtype="octet-stream", filename="openpyxl.xlsx")
    open(out("python.eml"), "wb").write(m.as_bytes())
    if os.path.exists(out("python.mbox")): os.remove(out("python.mbox"))
    box = mailbox.mbox(out("python.mbox"))
    for phone in ("13700002222", "13800003333"):
        m = EmailMessage()
        m["From"], m["To"], m["Subject"] = "a@example.com", "b@example.com", "电话"
        m.set_content("客户电话：" + phone + "\n", cte="quoted-printable")
        box.add(m)
    box.close()

def pdfs():
    from reportlab.lib import colors
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen import canvas
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Table, TableStyle
    for font in ("STSong-Light", "MSung-Light"):  # not embedded: the reader has to know the character collection
        pdfmetrics.registerFont(UnicodeCIDFont(font))
    def table(name, rows, *style, widths=None, **kw):
        t = Table(rows, colWidths=widths)
        t.setStyle(TableStyle([("FONT", (0, 0), (-1, -1), "STSong-Light", 10), *style]))
        SimpleDocTemplate(out(name), pagesize=A4, **kw).build([t])
    grid = ("GRID", (0, 0), (-1, -1), 0.5, colors.black)
    table("reportlab-table.pdf", [HEAD] + PEOPLE, grid)
    table("reportlab-plain.pdf", [HEAD] + PEOPLE)
    table("reportlab-password.pdf", [HEAD] + PEOPLE, grid, encrypt="secret")
    wrapped = ParagraphStyle("wrapped", fontName="STSong-Light", fontSize=10, wordWrap="CJK")
    table("reportlab-wrapped.pdf", [[Paragraph(x, wrapped) for x in r] for r in [HEAD] + PEOPLE], grid, widths=[60, 60, 70, 60])
    c = canvas.Canvas(out("reportlab-form.pdf"))
    c.setFont("STSong-Light", 12)
    c.drawString(100, 700, "客户登记")
    c.acroForm.textfield(name="name", tooltip="client name", value="Mingxuan Ouyang", x=100, y=600)
    c.acroForm.textfield(name="phone", value="13812345678", x=100, y=560)
    c.acroForm.choice(name="city", options=["Beijing", "Shanghai"], value="Beijing", x=100, y=500)
    c.textAnnotation("李娜 13987654321", Rect=[100, 100, 200, 200])
    c.showPage()
    c.drawString(100, 700, "page two")
    c.save()
    c = canvas.Canvas(out("reportlab-rotated.pdf"))
    c.setFont("MSung-Light", 12)
    c.rotate(90)
    c.drawString(100, -200, "客戶名單 歐陽明軒 13812345678")
    c.save()
    writer = out("writer.pdf")
    run("qpdf", "--object-streams=generate", "--linearize", writer, out("qpdf-linear.pdf"))
    run("qpdf", "--encrypt", "", "owner", "256", "--", writer, out("qpdf-owner.pdf"))
    run("gs", "-q", "-dNOPAUSE", "-dBATCH", "-sDEVICE=pdfwrite", "-sOutputFile=" + out("ghostscript.pdf"), writer)
    run("gs", "-q", "-dNOPAUSE", "-dBATCH", "-r100", "-sDEVICE=pdfimage8", "-sOutputFile=" + out("ghostscript-scan.pdf"), writer)
    run("pdftocairo", "-pdf", writer, out("cairo.pdf"))
    run("qpdf", writer, "--add-attachment", out("gb18030.csv"), "--filename=list.csv", "--", out("qpdf-attached.pdf"))

def cards():
    import base64, quopri, uuid
    photo = base64.b64encode(open(out("zip-gbk-names.zip"), "rb").read()).decode()
    def fold(line): return "\r\n ".join(line[i:i + 70] for i in range(0, len(line), 70))
    with open(out("phone-2.1.vcf"), "w", newline="") as f:  # as phones write it
        for n, m, c, e in PEOPLE:
            q = lambda s: quopri.encodestring(s.encode(), quotetabs=True).decode().replace("\n", "\r\n")
            f.write(f"BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:;{q(n)};;;\r\n"
                    f"FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:{q(n)}\r\nTEL;CELL:{m}\r\nEMAIL;HOME:{e}\r\n"
                    f"NOTE;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:{q('身份证 ' + c + ' 住址很长' * 12)}\r\nEND:VCARD\r\n")
    with open(out("desktop-3.0.vcf"), "w", newline="") as f:
        for n, m, c, e in PEOPLE:
            f.write("\r\n".join(fold(l) for l in ["BEGIN:VCARD", "VERSION:3.0", f"FN:{n}", f"item1.TEL;TYPE=CELL:{m}", f"EMAIL:{e}",
                    f"NOTE:身份证\\, {c}", "PHOTO;ENCODING=b;TYPE=JPEG:" + photo, "END:VCARD"]) + "\r\n")
    with open(out("invitation.ics"), "w", newline="") as f:
        f.write("\r\n".join(fold(l) for l in ["BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", "SUMMARY:回访客户李娜，电话13987654321，" + "请提前联系" * 20 + "13600001111",
                "ATTENDEE;CN=王建国:mailto:jianguo@example.com", "END:VEVENT", "END:VCALENDAR"]) + "\r\n")

def databases():
    import sqlite3
    def make(name, encoding, rows, without=False):
        if os.path.exists(out(name)): os.remove(out(name))
        db = sqlite3.connect(out(name))
        db.execute(f"PRAGMA encoding='{encoding}'")
        db.execute("PRAGMA page_size=1024")
        db.execute("PRAGMA secure_delete=0")
        db.execute("CREATE TABLE 客户 (id INTEGER PRIMARY KEY, 姓名 TEXT, 手机号 INTEGER, \"身份证号\" VARCHAR(18), 电子邮箱 TEXT, photo BLOB, balance REAL, UNIQUE(手机号))")
        for i in range(rows):
            n, m, c, e = PEOPLE[i % 3]
            db.execute("INSERT INTO 客户 VALUES (?,?,?,?,?,?,?)", (None, n, int(m) + i, c, e, None, 0.5))
        db.execute("UPDATE 客户 SET photo = ? WHERE id = 2", (open(out("zip-gbk-names.zip"), "rb").read(),))
        db.execute("CREATE TABLE notes (name TEXT PRIMARY KEY, text TEXT) WITHOUT ROWID")
        db.execute("INSERT INTO notes VALUES ('备注', ?)", ("长" * 3000 + "电话 13600001111",))
        db.execute("CREATE TABLE gone (text)")
        db.execute("INSERT INTO gone VALUES (?)", ("旧电话 13700002222。" * 100,))
        db.commit()
        db.execute("DROP TABLE gone")
        db.commit()
        db.close()
    make("sqlite.db", "UTF-8", 100)
    make("sqlite-utf16.db", "UTF-16le", 3)

def converted():
    """Tables with empty columns, and formats that only style sheets of LibreOffice write."""
    def rows(between):
        return "".join("<tr>" + between.join(f"<td>{v}</td>" for v in r) + "</tr>" for r in [HEAD] + PEOPLE)
    def convert(source, name, filter, *more):
        run("soffice", "--headless", *more, "--convert-to", f"{name.rsplit('.', 1)[1]}:{filter}", "--outdir", OUT, source)
        os.rename(out(os.path.basename(source).rsplit(".", 1)[0] + "." + name.rsplit(".", 1)[1]), out(name))
    page = out("gaps.html")
    open(page, "w").write(f'<html><head><meta charset="utf-8"></head><body><table>{rows("<td></td>")}</table></body></html>')
    convert(page, "writer-gaps.doc", "MS Word 97", "--infilter=HTML (StarWriter)")
    os.remove(page)
    convert(out("python-docx.docx"), "writer-2003.xml", "MS Word 2003 XML")
    convert(out("writer.docx"), "writer.uot", "UOF text")
    convert(out("calc.xlsx"), "calc.uos", "UOF spreadsheet")

parts = {"converted": converted, "texts": texts, "books": openpyxl_books, "word": word, "office": office, "archives": archives, "mails": mails, "pdfs": pdfs, "databases": databases, "cards": cards}
for part in sys.argv[1:] or parts:
    parts[part]()
