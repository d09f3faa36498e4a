import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InputSpec, ParamInfo } from '../../schema/job.ts';
import { makeJob, makeOutput } from '../testing/make-job.ts';
import { candidatesFor, whyNot } from './connect.ts';
import { paramProblem, sectionsOf, shownValue, typedNumber } from './params.ts';

const input: InputSpec & { name: string } = {
  name: 'particles',
  type: 'particle',
  title: 'Particles',
  description: '',
  slots: [
    { name: 'blob', required: true },
    { name: 'alignments3D', required: true },
    { name: 'ctf', required: false },
  ],
  count_min: 1,
  count_max: 'inf',
};
const full = makeOutput('particles', 'particle', ['blob', 'ctf', 'alignments3D']);

test('an output that gives all needed slots fits', () => {
  const source = makeJob('J1', { outputs: [full] });
  assert.equal(whyNot(source, full, { job: makeJob('J2'), input }, [source]), null);
});

test('what does not fit is refused in words that name the reason', () => {
  const source = makeJob('J1');
  const target = { job: makeJob('J2'), input };
  const why = (output: Parameters<typeof whyNot>[1], to = target, jobs = [source]): string | null =>
    whyNot(source, output, to, jobs);
  assert.match(why(makeOutput('map', 'volume', ['map']))!, /Takes particles; this is a volume/);
  assert.match(why(makeOutput('p', 'particle', ['blob', 'ctf']))!, /Lacks alignments3D/);
  assert.match(why(full, { job: makeJob('J2', { status: 'running' }), input })!, /J2 is running/);
  assert.match(whyNot(target.job, full, target, [])!, /its own output/);
  const connected = makeJob('J2', { inputs: { particles: [{ job_uid: 'J1', output: 'particles', results: {} }] } });
  assert.match(why(full, { job: connected, input })!, /connected already/);
  const filled = makeJob('J2', {
    inputs: {
      particles: [
        { job_uid: 'J8', output: 'a', results: {} },
        { job_uid: 'J9', output: 'a', results: {} },
      ],
    },
  });
  assert.match(why(full, { job: filled, input: { ...input, count_max: 2 } })!, /at most 2/);
});

test('an output of a descendant is refused, over any number of generations', () => {
  const jobs = [makeJob('J2'), makeJob('J3', { parents: ['J2'] }), makeJob('J4', { parents: ['J3'], outputs: [full] })];
  assert.match(whyNot(jobs[2], full, { job: jobs[0], input }, jobs)!, /circle/);
});

test('the list of candidates has the fitting ones first, newest first, of the right type only', () => {
  const lacking = makeOutput('raw', 'particle', ['blob']);
  const jobs = [
    makeJob('J1', { outputs: [full, makeOutput('v', 'volume', ['map'])] }),
    makeJob('J3', { outputs: [lacking, full] }),
    makeJob('J5'),
  ];
  const found = candidatesFor({ job: jobs[2], input }, jobs).map(
    (c) => `${c.source.uid}.${c.output.name}:${c.why === null}`,
  );
  assert.deepEqual(found, ['J3.particles:true', 'J1.particles:true', 'J3.raw:false']);
});

const param = (given: Partial<ParamInfo>): ParamInfo => ({
  name: 'p',
  type: 'number',
  title: 'P',
  description: '',
  section: 'S',
  default: null,
  ...given,
});

test('bounds, whole numbers and choices are checked before anything is sent', () => {
  assert.equal(paramProblem(param({ minimum: 1, unit: 'Å' }), 0.5), 'Must be at least 1 Å.');
  assert.equal(paramProblem(param({ maximum: 3 }), 4), 'Must be at most 3.');
  assert.equal(paramProblem(param({ type: 'integer' }), 1.5), 'Must be a whole number.');
  assert.equal(paramProblem(param({}), Number.NaN), 'Must be a number.');
  assert.equal(paramProblem(param({ type: 'string', enum: ['a', 'b'] }), 'c'), 'Must be one of a, b.');
  assert.equal(paramProblem(param({}), null), null);
  assert.match(paramProblem(param({ required_param: true }), null)!, /Must be given/);
});

test('numbers may be typed with a decimal comma, spaces and exponents; other text is not a number', () => {
  assert.deepEqual(['1,5', '20 000', '1e-3', '−2', '.5', '3.'].map(typedNumber), [1.5, 20_000, 0.001, -2, 0.5, 3]);
  assert.equal(typedNumber(' '), null);
  for (const text of ['1,5,0', 'abc', '1.2.3', '0x10', 'Infinity']) assert.ok(Number.isNaN(typedNumber(text)), text);
});

test('advanced parameters are folded away unless changed, searched or asked for', () => {
  const params = [
    param({ name: 'a' }),
    param({ name: 'b', advanced: true }),
    param({ name: 'c', advanced: true, title: 'Window' }),
  ];
  const names = (choice: Partial<Parameters<typeof sectionsOf>[1]>): string[] =>
    sectionsOf(params, { query: '', advanced: false, changed: new Set(), ...choice }).flatMap((s) =>
      s.params.map((p) => p.name),
    );
  assert.deepEqual(names({}), ['a']);
  assert.equal(sectionsOf(params, { query: '', advanced: false, changed: new Set() })[0].hidden, 2);
  assert.deepEqual(names({ advanced: true }), ['a', 'b', 'c']);
  assert.deepEqual(names({ changed: new Set(['b']) }), ['a', 'b']);
  assert.deepEqual(names({ query: 'wind' }), ['c']);
});

test('a value is shown with its label or unit', () => {
  assert.equal(shownValue(param({ unit: 'Å' }), 4), '4 Å');
  assert.equal(shownValue(param({ type: 'boolean' }), false), 'off');
  assert.equal(shownValue(param({ type: 'string', enum: ['x', 'y'], labels: ['Ex', 'Why'] }), 'y'), 'Why');
  assert.equal(shownValue(param({}), null), 'empty');
});
