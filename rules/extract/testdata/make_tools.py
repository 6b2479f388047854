"""Writes one customer list in many variants of each format, with the tools and
libraries that people use. The tests run it; it names what it could not make.

    python3 make_tools.py FOLDER
"""
import csv, email.policy, io, mailbox, os, sqlite3, subprocess, sys, tarfile
from email.message import EmailMessage

os.chdir(sys.argv[1])
ROWS = [["姓名", "手机号", "身份证号", "电子邮箱"],
        ["欧阳明轩", "13812345678", "11010119900307811X", "mingxuan@example.com"],
        ["李娜", "13987654321", "310104198512120024", "lina@example.com"],
        ["王建国", "15012340987", "440106197001014511", "jianguo@example.com"]]
TEXT = "".join(",".join(r) + "\n" for r in ROWS)
open("list", "w").write(TEXT)


def sh(command):
    subprocess.run(command, shell=True, check=True, stdout=subprocess.DEVNULL)


for n in range(1, 10):
    sh(f"gzip -{n}c list > gzip-{n}.gz; bzip2 -{n}c list > bzip2-{n}.bz2; xz -{n}c list > xz-{n}.xz; zstd -q -{n*2}c list > zstd-{n*2}.zst")
sh("gzip -n <list >gzip-stdin.gz; cat gzip-1.gz gzip-9.gz >gzip-members.gz; cat bzip2-1.bz2 bzip2-9.bz2 >bzip2-streams.bz2")
sh("xz -0c --check=none list >xz-none.xz; xz -9ec --check=sha256 list >xz-sha.xz; xz -c --check=crc32 --block-size=64 list >xz-blocks.xz; cat xz-1.xz xz-2.xz >xz-streams.xz")
sh("zstd -q --no-check -c list >zstd-nocheck.zst; zstd -q --fast=5 -c list >zstd-fast.zst; cat zstd-2.zst zstd-18.zst >zstd-frames.zst; zstd -q <list >zstd-stdin.zst")

for n in range(1, 10):
    sh(f"xz --format=lzma -{n}c list > lzma-{n}.lzma; lz4 -q -{n}c list > lz4-{n}.lz4")
sh("xz --format=lzma -9ec list >lzma-extreme.lzma; lz4 -q -12 -BD --no-frame-crc -c list >lz4-linked.lz4; lz4 -q -l -c list >lz4-legacy.lz4")

os.makedirs("客户/" + "很长的文件夹名" * 8, exist_ok=True)
for place in ["客户/a.csv", "客户/" + "很长的文件夹名" * 8 + "/b.csv"]:
    open(place, "w").write(TEXT)
for form in ["gnu", "pax", "oldgnu", "posix"]:
    sh(f"tar --format={form} -cf tar-{form}.tar 客户; tar --format={form} --owner=1 --mtime=@0 --sort=name -cf tar-{form}-sorted.tar 客户/a.csv")
sh("tar --format=ustar -cf tar-ustar.tar 客户/a.csv; tar --format=v7 -cf tar-v7.tar list; tar -b1 -cf tar-b1.tar 客户; tar -cf - list | dd bs=10k status=none >tar-piped.tar")
for name, form in [("ustar", tarfile.USTAR_FORMAT), ("gnu", tarfile.GNU_FORMAT), ("pax", tarfile.PAX_FORMAT)]:
    with tarfile.open(f"python-{name}.tar", "w", format=form) as t:
        t.add("客户/a.csv" if form == tarfile.USTAR_FORMAT else "客户")

for method in ["LZMA", "LZMA2", "PPMd", "BZip2", "Deflate", "Deflate64", "Copy"]:
    sh(f"7z a -bd -m0={method} 7z-{method}.7z 客户")
sh("7z a -bd -ms=off 7z-nonsolid.7z 客户 list; 7z a -bd -mx=9 7z-ultra.7z list; 7z a -bd -mx=0 7z-store.7z list; 7z a -bd -mhc=off 7z-plainheader.7z 客户")
for level in range(10):
    sh(f"zip -q -r -{level} zip-{level}.zip 客户")

for delimiter, name in [(",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "bar")]:
    for quoting, how in [(csv.QUOTE_ALL, "all"), (csv.QUOTE_MINIMAL, "minimal"), (csv.QUOTE_NONNUMERIC, "text")]:
        with open(f"{name}-{how}.csv", "w", newline="") as f:
            csv.writer(f, delimiter=delimiter, quoting=quoting).writerows(ROWS)
for charset in ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gbk", "gb18030", "gb2312"]:
    open(f"{charset}.csv", "w", encoding=charset, newline="").write(TEXT.replace("\n", "\r\n"))

for page in [512, 1024, 2048, 4096, 8192, 16384, 32768, 65536]:
    for encoding in ["UTF-8", "UTF-16le", "UTF-16be"]:
        if encoding != "UTF-8" and page != 4096:
            continue
        db = sqlite3.connect(f"page{page}-{encoding}.db")
        db.executescript(f"PRAGMA page_size={page}; PRAGMA encoding='{encoding}'; CREATE TABLE c (name TEXT, mobile TEXT, id TEXT PRIMARY KEY, mail TEXT){' WITHOUT ROWID' if page == 2048 else ''};")
        db.executemany("INSERT INTO c VALUES (?,?,?,?)", ROWS[1:])
        db.commit()
        db.close()
db = sqlite3.connect("vacuum.db")
db.executescript("PRAGMA auto_vacuum=FULL; CREATE TABLE c (name, mobile, id, mail);")
db.executemany("INSERT INTO c VALUES (?,?,?,?)", ROWS[1:])
db.commit()
db.execute("VACUUM")
db.close()


def mail(**how):
    m = EmailMessage(policy=how.pop("policy", email.policy.SMTP))
    m["From"], m["To"], m["Subject"] = "王建国 <jianguo@example.com>", "lina@example.com", "客户名单"
    m.set_content(how.pop("text", TEXT), **how)
    return m


mails = {f"{cs}-{cte}": mail(charset=cs, cte=cte) for cs in ["utf-8", "gb18030", "gb2312"] for cte in ["base64", "quoted-printable", "8bit"]
         if not (cte == "8bit" and cs != "utf-8")}
mails["html"] = mail(subtype="html", text="<table>" + "".join("<tr>" + "".join(f"<td>{c}</td>" for c in r) + "</tr>" for r in ROWS) + "</table>")
both = mail(text="see the other part")
both.add_alternative("<p>" + TEXT.replace("\n", "<br>") + "</p>", subtype="html")
mails["alternative"] = both
for name in ["list.csv", "名单.csv"]:
    m = mail(text="attached")
    m.add_attachment(TEXT.encode(), maintype="text", subtype="csv", filename=name)
    mails["attached-" + ("zh" if name[0] == "名" else "en")] = m
m = mail(text="zipped")
m.add_attachment(open("zip-9.zip", "rb").read(), maintype="application", subtype="zip", filename="a.zip")
mails["zipped"] = m
m = mail(text="forwarded")
m.add_attachment(mails["utf-8-base64"])
mails["forwarded"] = m
for name, m in mails.items():
    open(name + ".eml", "wb").write(m.as_bytes())
for i, names in enumerate([[n] for n in list(mails)[:9]] + [list(mails)]):
    box = mailbox.mbox(f"box{i}.mbox")
    for n in names:
        box.add(mails[n])
    box.close()
os.remove("list")
