// Makes the files sheetjs.* in real/ with SheetJS, for formats LibreOffice does
// not write. Run it in this folder, once: npm install xlsx@0.18.5 && node make.js
const XLSX = require('xlsx');
const people = [ // generated, nobody's
  ['欧阳明轩', 13812345678, '11010119900307811X', 'mingxuan@example.com'],
  ['李娜', 13987654321, '310104198512120024', 'lina@example.com'],
  ['王建国', 15012340987, '440106197001014511', 'jianguo@example.com'],
];
const book = XLSX.utils.book_new();
const sheet = XLSX.utils.aoa_to_sheet([['姓名', '手机号', '身份证号', '电子邮箱'], ...people]);
sheet.A2.c = [{a: 'note', t: '备用电话 13600001111'}];
sheet.A2.c.hidden = true;
XLSX.utils.book_append_sheet(book, sheet, '客户');
XLSX.utils.book_append_sheet(book, XLSX.utils.aoa_to_sheet([[], [], [], [], [null, null, '赵敏 15112345678']]), 'hidden');
book.Workbook = {Sheets: [{}, {Hidden: 1}]};
for (const [name, options] of [
  ['sheetjs.xlsb', {bookType: 'xlsb', bookSST: true}], ['sheetjs-inline.xlsb', {bookType: 'xlsb'}],
  ['sheetjs.xls', {bookType: 'biff8'}], ['sheetjs-xml.xls', {bookType: 'xlml'}],
  ['sheetjs.ods', {bookType: 'ods'}], ['sheetjs.html', {bookType: 'html'}],
]) XLSX.writeFile(book, 'real/' + name, options);
