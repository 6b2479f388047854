#!/usr/bin/python3
"""Makes others.tar.xz: one list of people as the programs people use write it
in formats that need more than testdata/make_tools.py may ask for: pages,
contacts, binary workbooks, messages. Run it in this folder, once:

    apt-get install pandoc python3-docutils python3-markdown asciidoctor groff lowdown discount cmark \\
        emacs-nox org-mode python3-openpyxl gnumeric abiword sqlite3 vim gammu abook khard python3-vobject php-cli php-sabre-vobject libtext-vcard-perl
    /usr/bin/python3 make_others.py FOLDER-WITH-node_modules     # see make_others.mjs
"""
import os, shutil, subprocess, sys, tempfile

ROWS = [["姓名", "手机号", "身份证号", "电子邮箱"],
        ["欧阳明轩", "13812345678", "11010119900307811X", "mingxuan@example.com"],
        ["李娜", "13987654321", "310104198512120024", "lina@example.com"],
        ["王建国", "15012340987", "440106197001014511", "jianguo@example.com"]]
HERE = os.getcwd()
OUT = os.path.join(HERE, "others")
shutil.rmtree(OUT, ignore_errors=True)
os.makedirs(OUT)
os.chdir(tempfile.mkdtemp())
os.environ.update(OUT=OUT, HOME=os.getcwd(), LC_ALL="C.UTF-8")


def sh(command):
    subprocess.run("set -e; " + command, shell=True, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def write(name, text):
    open(name, "w").write(text)


def pages():
    import openpyxl
    bar = "".join("| " + " | ".join(r) + " |\n" + ("|---|---|---|---|\n" if i == 0 else "") for i, r in enumerate(ROWS))
    lines = "\n\n".join(", ".join(r) for r in ROWS) + "\n"
    listed = "".join(",".join(r) + "\n" for r in ROWS)
    write("list.csv", listed)
    write("list.md", "# 名单\n\n" + bar)
    write("plain.md", lines)
    write("list.rst", "名单\n====\n\n.. csv-table::\n\n" + "".join("   " + l + "\n" for l in listed.splitlines()))
    write("list.adoc", "= 名单\n\n[%header,format=csv]\n|===\n" + listed + "|===\n")
    write("list.org", "#+TITLE: 名单\n" + bar.replace("|---|---|---|---|", "|---+---+---+---|"))
    write("list.ms", ".LP\n" + lines.replace("\n\n", "\n.LP\n"))
    for form in ["html4", "html5", "revealjs", "slidy"]:
        sh(f"pandoc -s -f csv -t {form} --metadata title=list list.csv -o $OUT/pandoc-{form}.html")
    sh("pandoc --ascii -f gfm -t html5 list.md -o $OUT/pandoc-references.html")
    sh("rst2html4 list.rst $OUT/docutils-html4.html; rst2html5 list.rst $OUT/docutils-html5.html")
    sh("/usr/bin/python3 -m markdown -x tables list.md >$OUT/python-markdown.html; asciidoctor -o $OUT/asciidoctor.html list.adoc")
    sh("lowdown -s list.md >$OUT/lowdown.html; markdown list.md >$OUT/discount.html; cmark plain.md >$OUT/cmark.html")
    sh("groff -k -Thtml -ms list.ms >$OUT/groff.html")
    sh("emacs -Q --batch list.org -l ox-html -f org-html-export-to-html && mv list.html $OUT/org-mode.html")
    sh("vim -u NONE -N -es -c 'runtime plugin/tohtml.vim' -c 'TOhtml' -c 'w! vim.html' -c 'qa!' list.csv; mv vim.html $OUT")
    sh("sqlite3 :memory: '.mode csv' '.import list.csv t' '.mode html' '.headers on' 'select * from t' >$OUT/sqlite.html")
    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append(row)  # as text: Gnumeric makes 1.38E+10 of numbers
    book.save("list.xlsx")
    for form in ["html32", "html40", "html40frag", "xhtml"]:
        sh(f"ssconvert -T Gnumeric_html:{form} list.xlsx $OUT/gnumeric-{form}.html")
    sh("pandoc -f csv list.csv -o list.docx; abiword --to=html --to-name=$OUT/abiword.html list.docx")
    for form, filter in [("writer", "HTML (StarWriter)"), ("xhtml", "XHTML Writer File:UTF8")]:
        sh(f"soffice --headless --convert-to 'html:{filter}' --outdir . list.docx && mv list.html $OUT/libreoffice-{form}.html")


def contacts():
    import vobject
    cards = []
    for name, phone, number, mail in ROWS[1:]:
        c = vobject.vCard()
        c.add("n").value = vobject.vcard.Name(family=name)
        c.add("fn").value = name
        c.add("tel").value, c.tel.type_param = phone, "CELL"
        c.add("email").value = mail
        c.add("note").value = "身份证 " + number + " " + "很长的备注" * 10
        cards.append(c.serialize())
    write("vobject.vcf", "".join(cards))
    shutil.copy("vobject.vcf", OUT)
    os.makedirs("book")
    write("khard.conf", "[addressbooks]\n[[book]]\npath = book\n[general]\ndefault_action = list\n")
    for name, phone, number, mail in ROWS[1:]:
        write("one.yaml", f"Formatted name: {name}\nLast name: {name}\nPhone:\n  cell: '{phone}'\nEmail:\n  home: {mail}\nNote: 身份证 {number}\n")
        sh("khard -c khard.conf new -i one.yaml")
    sh("cat book/*.vcf >$OUT/khard.vcf")
    write("book.abook", "# abook addressbook file\n\n[format]\nprogram=abook\nversion=0.6.1\n" + "".join(
        f"\n[{i}]\nname={name}\nemail={mail}\nmobile={phone}\nnotes=身份证 {number}\n" for i, (name, phone, number, mail) in enumerate(ROWS[1:])))
    sh("abook --convert --infile book.abook --informat abook --outformat vcard --outfile $OUT/abook.vcf")
    sh("abook --convert --infile book.abook --informat abook --outformat html --outfile $OUT/abook.html")
    sh("""php -r 'require "/usr/share/php/Sabre/VObject/autoload.php"; $in = new Sabre\\VObject\\Splitter\\VCard(fopen("vobject.vcf", "r"));
while ($c = $in->getNext()) file_put_contents(getenv("OUT") . "/sabre.vcf", $c->serialize(), FILE_APPEND);'""")
    sh("""perl -MText::vCard::Addressbook -e 'my $a = Text::vCard::Addressbook->load(["vobject.vcf"]); binmode STDOUT, ":utf8"; print $a->export' >$OUT/text-vcard.vcf""")
    backup = "[Backup]\nFormat = 1.05\nUnicode = True\n"
    for i, (name, phone, number, mail) in enumerate(ROWS[1:], 1):
        backup += f"\n[PhonePBK{i:03}]\nLocation = {i}\n" + "".join(
            f"Entry{j:02}Type = {kind}\nEntry{j:02}Text = \"{text}\"\nEntry{j:02}TextUnicode = {text.encode('utf-16-be').hex().upper()}\n"
            for j, (kind, text) in enumerate([("Name", name), ("NumberMobile", phone), ("Email", mail), ("Note", "身份证 " + number)]))
    write("phone.backup", backup)
    sh("gammu convertbackup phone.backup $OUT/gammu.vcf")


for make in (pages, contacts):
    try:
        make()
    except subprocess.CalledProcessError as e:
        raise SystemExit(f"{e.cmd}: {e.stderr.decode()}")
sh(f"node {HERE}/make_others.mjs $OUT {HERE if len(sys.argv) < 2 else os.path.abspath(os.path.join(HERE, sys.argv[1]))}")
names = sorted(os.listdir(OUT), key=lambda f: (f.rsplit(".")[-1], f))  # alike beside alike
subprocess.run(["tar", "--owner=0", "--group=0", "--mtime=@0", "-cJf", os.path.join(HERE, "others.tar.xz"), "-C", OUT] + names, check=True)
shutil.rmtree(OUT)
