// Makes the files of formats that no Debian program writes, with the libraries
// people use on the web, into the folder given: workbooks, messages, contacts.
// make_others.py runs it; it needs, in a folder above:
//   npm install xlsx@0.18.5 @tutao/oxmsg@0.2.3 vcf@2.1.2 vcards-js@2.11.1 vcard-creator@1.0.0
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

const require = createRequire(path.join(process.argv[3], 'here.js'));
const out = name => path.join(process.argv[2], name);
const heading = ['姓名', '手机号', '身份证号', '电子邮箱'];
const people = [ // generated, nobody's
  ['欧阳明轩', '13812345678', '11010119900307811X', 'mingxuan@example.com'],
  ['李娜', '13987654321', '310104198512120024', 'lina@example.com'],
  ['王建国', '15012340987', '440106197001014511', 'jianguo@example.com'],
];
const rows = [heading, ...people];

function workbooks() {
  const XLSX = require('xlsx');
  const numbers = rows.map((r, i) => i ? [r[0], Number(r[1]), r[2], r[3]] : r);
  const write = (name, sheets, change = () => {}, options = {}) => {
    const book = XLSX.utils.book_new();
    for (const [title, cells, at] of sheets) XLSX.utils.book_append_sheet(book, XLSX.utils.aoa_to_sheet(cells, at && { origin: at }), title);
    change(book);
    XLSX.writeFile(book, out(name), { bookType: 'xlsb', bookSST: true, ...options });
  };
  write('texts.xlsb', [['客户', rows]]);
  write('numbers.xlsb', [['客户', numbers]]);
  write('inline.xlsb', [['客户', rows]], undefined, { bookSST: false });
  write('stored.xlsb', [['客户', rows]], undefined, { compression: false });
  write('deflated.xlsb', [['客户', rows]], undefined, { compression: true });
  write('far.xlsb', [['客户', rows, 'X2000']]);
  write('sheets.xlsb', [...Array(12)].map((_, i) => [`表${i}`, i === 7 ? rows : [[i]]]));
  write('hidden.xlsb', [['a', [['x']]], ['客户', rows]], b => { b.Workbook = { Sheets: [{}, { Hidden: 2 }] }; });
  write('formulas.xlsb', [['客户', rows]], b => { for (const r of [2, 3, 4]) b.Sheets['客户'][`B${r}`].f = `"1"&"${people[r - 2][1].slice(1)}"`; });
  write('links.xlsb', [['客户', rows]], b => { for (const r of [2, 3, 4]) b.Sheets['客户'][`D${r}`].l = { Target: 'mailto:' + people[r - 2][3] }; });
  write('merged.xlsb', [['客户', rows]], b => { b.Sheets['客户']['!merges'] = [XLSX.utils.decode_range('F1:G9')]; b.Sheets['客户']['!cols'] = [{ hidden: true }]; });
  write('properties.xlsb', [['客户', rows]], b => { b.Props = { Title: '备用电话 13600001111', Company: 'x' }; });
}

function messages() {
  const { Email, Attachment } = require('@tutao/oxmsg');
  const list = rows.map(r => r.join(',')).join('\r\n') + '\r\n';
  const table = '<html><body><table>' + rows.map(r => '<tr>' + r.map(c => `<td>${c}</td>`).join('') + '</tr>').join('') + '</table></body></html>';
  const start = (draft = false) => new Email(draft).sender('jianguo@example.com', '王建国').subject('客户名单 13600001111').to('lina@example.com', '李娜');
  const bytes = file => new Uint8Array(fs.readFileSync(file));
  const utf8 = text => new TextEncoder().encode(text);
  const write = (name, mail) => fs.writeFileSync(out(name), mail.msg());
  write('plain.msg', start().bodyText(list));
  write('draft.msg', start(true).bodyText(list));
  write('html.msg', start().bodyHtml(table));
  write('both.msg', start().bodyText('see the table').bodyHtml(table));
  write('people.msg', start().bodyText(list).cc('mingxuan@example.com', '欧阳明轩').bcc('a@example.com', '13700002222').replyTo('b@example.com', '13800003333'));
  write('dated.msg', start().bodyText(list).sentOn(new Date(1767200000000)).receivedOn(new Date(1767200060000)));
  write('headers.msg', start().bodyText(list).headers('Received: from a by b\r\nX-Note: 13700002222\r\nSubject: list\r\n'));
  write('csv.msg', start().bodyText('attached').attach(new Attachment(utf8(list), '客户名单.csv')));
  write('book.msg', start().bodyText('attached').attach(new Attachment(bytes(out('texts.xlsb')), 'list.xlsb')));
  write('two.msg', start().bodyText('attached').attach(new Attachment(utf8('13700002222'), 'a.txt')).attach(new Attachment(utf8(list), 'b.csv', 'cid')));
  write('message.msg', start().bodyText('forwarded').attach(new Attachment(bytes(out('csv.msg')), 'inner.msg')));
  write('long.msg', start().bodyText('很长的正文。'.repeat(3000) + list));
}

async function contacts() {
  const Card = require('vcf');
  const save = (name, cards) => fs.writeFileSync(out(name), cards.join(''));
  const made = people.map(p => {
    const c = new Card();
    c.set('n', `${p[0]};;;;`); c.set('fn', p[0]); c.set('tel', p[1], { type: ['cell'] }); c.set('email', p[3]); c.set('note', '身份证 ' + p[2]);
    return c;
  });
  for (const version of ['2.1', '3.0', '4.0']) save(`vcf-${version}.vcf`, made.map(c => c.toString(version) + '\r\n'));
  save('vcards-js.vcf', people.map(p => {
    const c = require('vcards-js')();
    Object.assign(c, { firstName: p[0], cellPhone: p[1], email: p[3], note: '身份证 ' + p[2] });
    return c.getFormattedString();
  }));
  const creator = path.join(process.argv[3], 'node_modules/vcard-creator/dist/index.js');
  const { VCard } = await import(creator);
  save('vcard-creator.vcf', people.map(p => new VCard().addName({ familyName: p[0] }).addPhoneNumber({ number: p[1], type: ['cell'] })
    .addEmail({ address: p[3] }).addNote('身份证 ' + p[2]).toString()));
}

workbooks();
messages();
await contacts();
