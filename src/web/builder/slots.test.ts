import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InputSpec, JobTypeInfo, ParamInfo } from '../../schema/job.ts';
import type { Connection } from '../../schema/model.ts';
import { makeJob, makeOutput } from '../testing/make-job.ts';
import { nextTypesFor } from './next-types.ts';
import { paramsText, readParamsText } from './params-json.ts';
import { choicesFor, slotsOf } from './slots.ts';

const input: InputSpec & { name: string } = {
  name: 'particles',
  type: 'particle',
  title: 'Particles',
  description: '',
  slots: [
    { name: 'blob', required: true },
    { name: 'ctf', required: true },
  ],
  count_min: 1,
  count_max: 'inf',
};
const source = makeJob('J1', { outputs: [makeOutput('particles', 'particle', ['blob', 'location'])] });
const other = makeJob('J2', { outputs: [makeOutput('refined', 'particle', ['ctf', 'blob'])], parents: ['J1'] });
const target = makeJob('J3', { parents: ['J1'] });
const child = makeJob('J4', { outputs: [makeOutput('later', 'particle', ['ctf'])], parents: ['J3'] });
const jobs = [source, other, target, child];
const plain: Connection = { job_uid: 'J1', output: 'particles', results: {} };

test('the slots of a connection: those that the input reads, then what comes along, each with its source', () => {
  assert.deepEqual(
    slotsOf(plain, input, jobs).map((s) => [s.name, s.need, s.source]),
    [
      ['blob', 'required', 'J1.particles.blob'],
      ['ctf', 'required', null],
      ['location', 'passed on', 'J1.particles.location'],
    ],
  );
  const swapped: Connection = {
    ...plain,
    results: { ctf: { job_uid: 'J2', output: 'refined', result: 'ctf', version: 'F' } },
  };
  const ctf = slotsOf(swapped, input, jobs).find((s) => s.name === 'ctf');
  assert.deepEqual([ctf?.source, ctf?.replaced, ctf?.dtype], ['J2.refined.ctf', true, 'ctf']);
});

test('a slot can be taken from results of its type, but not from the job itself or from what is made of it', () => {
  const refs = (name: string): string[] => {
    const slot = slotsOf(plain, input, jobs).find((s) => s.name === name);
    assert.ok(slot);
    return choicesFor(slot, target, jobs).map((c) => c.ref);
  };
  assert.deepEqual(refs('ctf'), ['J2.refined.ctf'], 'J4 needs J3, so its result would close a circle');
  assert.deepEqual(refs('blob'), ['J2.refined.blob'], 'the present source is no choice');
});

function type(name: string, inputs: (InputSpec & { name: string })[]): JobTypeInfo {
  const texts = { title: name, description: '', category: 'utilities', stability: 'stable' };
  return { type: name, ...texts, inputs, outputs: [], params: [] };
}

test('what can be built next takes the type with all slots it needs; those that need it come first', () => {
  const types = [
    type('optional', [{ ...input, slots: [], count_min: 0 }]),
    type('needed', [{ ...input, slots: [{ name: 'blob', required: true }] }]),
    type('lacking', [input]),
    type('of maps', [{ ...input, type: 'volume', slots: [] }]),
  ];
  const [output] = source.outputs;
  assert.deepEqual(
    nextTypesFor(output, types).map((n) => n.type.type),
    ['needed', 'optional'],
  );
});

const params: ParamInfo[] = [
  { name: 'n', type: 'integer', title: 'N', description: '', section: 'S', default: 4, minimum: 1 },
  { name: 'symmetry', type: 'string', title: 'Symmetry', description: '', section: 'S', default: 'C1' },
  { name: 'window', type: 'boolean', title: 'Window', description: '', section: 'S', default: true },
];
const defaultOf = (p: ParamInfo): ParamInfo['default'] => p.default;

test('parameters copied from one job change another only where they differ', () => {
  const text = paramsText(params, (p) => (p.name === 'symmetry' ? 'D7' : p.default));
  assert.deepEqual(readParamsText(text, params, defaultOf), {
    changes: [['symmetry', 'D7']],
    unknown: [],
    problems: [],
  });
  assert.deepEqual(readParamsText('{"window": false, "foreign": 1}', params, defaultOf), {
    changes: [['window', false]],
    unknown: ['foreign'],
    problems: [],
  });
});

test('pasted text that is not right is refused in words', () => {
  const problem = (text: string): string => readParamsText(text, params, defaultOf).problems.join();
  assert.match(problem('{'), /not JSON/);
  assert.match(problem('[1]'), /object of names and values/);
  assert.match(problem('{"n": "5"}'), /n must be a number, found "5"/);
  assert.match(problem('{"n": 0}'), /n: Must be at least 1/);
  assert.match(problem('{"n": 1.5}'), /whole number/);
});
