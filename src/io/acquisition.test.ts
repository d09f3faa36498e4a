import assert from 'node:assert/strict';
import { globSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sharedFile, without } from '../../test/shared-data.ts';
import { tempDir } from '../../test/temp-dir.ts';
import { matchName, readAcquisition } from './acquisition.ts';
import { mdocNumbers, parseMdoc, readMdoc } from './mdoc.ts';
import { readText } from './mdoc.ts';
import { parseXml, xmlAt } from './xml.ts';

const EPU = 'DiamondLightSource__smartem-decisions/epu-dir-example';
const MDOC = 'teamtomo__mdocfile';

test('real EPU files tell beam shift, pixel size, voltage and dose', { skip: without(EPU) }, () => {
  const files = globSync(sharedFile(`${EPU}/Images-Disc1/*/Data/*.xml`)).sort();
  assert.equal(files.length, 4);
  for (const file of files) {
    const { beam_shift, psize_A, accel_kv, total_dose_e_per_A2 } = readAcquisition(file);
    assert.equal(accel_kv, 300);
    assert.ok(Math.abs((psize_A ?? 0) - 1.0559) < 1e-3, `${file}: ${psize_A}`);
    assert.ok(
      beam_shift && Math.hypot(...beam_shift) > 0 && Math.hypot(...beam_shift) < 1,
      `${file}: ${beam_shift?.join(', ')}`,
    );
    assert.ok(total_dose_e_per_A2 !== null && total_dose_e_per_A2 > 1 && total_dose_e_per_A2 < 100);
  }
  const [first] = files;
  assert.match(first, /9015883_Data_9017347/);
});

test('every real XML and mdoc file parses', { skip: without(EPU, MDOC) }, () => {
  const xml = globSync(sharedFile('**/*.xml'));
  assert.ok(xml.length > 10);
  for (const file of xml) assert.ok(parseXml(readText(file, 'XML file'), file).children.length > 0, file);
  const mdoc = globSync(sharedFile(`${MDOC}/*.mdoc`));
  assert.equal(mdoc.length, 5);
  for (const file of mdoc) assert.ok(readMdoc(file).sections.length > 0, file);
});

test('a real SerialEM movie tells its image shift, pixel size and dose', { skip: without(MDOC) }, () => {
  assert.deepEqual(readAcquisition(sharedFile(`${MDOC}/frame_set_single.mdoc`)), {
    beam_shift: [2.69654, -0.304661],
    psize_A: 1.2827,
    accel_kv: 300,
    total_dose_e_per_A2: 7.65892,
  });
  assert.throws(() => readAcquisition(sharedFile(`${MDOC}/tilt_series.mdoc`)), {
    code: 'CS_MDOC_FORMAT',
    message: /tilt_series\.mdoc: it has \d+ sections ZValue and no FrameSet/,
  });
});

test('mdoc: fields belong to their section, titles and comments apart; other lines are refused with their number', () => {
  const mdoc = parseMdoc(
    '\uFEFFVoltage = 200\r\n[T = a = b]\r\n# note\r\n[ZValue = 3]\r\nImageShift = 1 -2.5\r\nX=\r\n',
    'm',
  );
  assert.deepEqual([...mdoc.globals], [['Voltage', '200']]);
  assert.deepEqual(mdoc.titles, ['a = b']);
  const [section] = mdoc.sections;
  assert.deepEqual([section.type, section.name], ['ZValue', '3']);
  assert.deepEqual(mdocNumbers(section.fields, 'ImageShift'), [1, -2.5]);
  assert.deepEqual([mdocNumbers(section.fields, 'X'), mdocNumbers(section.fields, 'Y')], [null, null]);
  assert.throws(() => parseMdoc('A = 1\nrubbish', '/x/m.mdoc'), {
    kind: 'input',
    message: /m\.mdoc: line 2 is "rubbish"/,
  });
});

test('XML: prefixes, attributes, entities, CDATA, comments and self-closing elements', () => {
  const text =
    '<?xml version="1.0"?><!-- c --><a:r xmlns:a="u" k=\'1 &lt; 2\'>x&#x41;&#66;&amp;&unknown;<b/><!-- <b> --><c>1</c><![CDATA[<raw>]]></a:r>\n';
  const root = parseXml(text, 'f.xml');
  assert.equal(root.name, 'r');
  assert.equal(root.attributes.get('k'), '1 < 2');
  assert.equal(root.text, 'xAB&&unknown;<raw>');
  assert.equal(xmlAt(root, 'c')?.text, '1');
  assert.equal(xmlAt(root, 'c', 'd'), null);
});

test('XML: declarations, bad nesting, endless depth and cut-off files are refused with their line', () => {
  const refuse = (text: string, message: RegExp): void =>
    assert.throws(() => parseXml(text, '/x/f.xml'), { kind: 'input', code: 'CS_XML_FORMAT', message });
  refuse('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', /declaration/);
  refuse('<a>\n<b></a>', /f\.xml: line 2: <\/a> closes <b>/);
  refuse('<a>'.repeat(100_000), /deeper than/);
  refuse('<a', /malformed/);
  refuse('<a b=c></a>', /malformed/);
  refuse('<a/><b/>', /second root/);
  refuse('<a><!-- ', /"-->" is missing/);
  refuse('<a>', /not closed/);
  refuse('', /no element/);
  refuse('text', /outside/);
});

test('names are compared after cutting', (t) => {
  assert.equal(matchName('/a/FoilHole_1_fractions.tiff', { prefix: 9, suffix: 15 }), '1');
  assert.equal(matchName('ab', { prefix: 5, suffix: 5 }), '');
  const path = join(tempDir(t), 'a.json');
  writeFileSync(path, '{}');
  assert.throws(() => readAcquisition(path), { kind: 'input', code: 'CS_METADATA_TYPE' });
});
