import * as z from 'zod';
import type { DataType } from './slots.ts';

/** Texts and hints of one parameter, from which form, checks, docs and command line are drawn. */
export interface ParamMeta {
  title: string;
  description: string;
  /** heading under which the form shows it */
  section: string;
  unit?: string;
  /** folded away by default */
  advanced?: boolean;
  /** the value names a file, a directory or a glob pattern on the shared file system */
  path?: 'file' | 'dir' | 'glob';
  /** the job cannot be queued while it is empty */
  required_param?: boolean;
  /** labels of enum values, in the order of the enum */
  labels?: string[];
}

interface NumberMeta extends ParamMeta {
  min?: number;
  max?: number;
}
interface ChoiceMeta<V> extends ParamMeta {
  values: V;
}
type Choices = readonly [string, ...string[]];

function number(o: NumberMeta & { default: number }): z.ZodType<number>;
function number(o: NumberMeta): z.ZodType<number | null>;
function number(o: NumberMeta & { default?: number }): z.ZodType {
  return build(bounded(z.number(), o), o);
}

function integer(o: NumberMeta & { default: number }): z.ZodType<number>;
function integer(o: NumberMeta): z.ZodType<number | null>;
function integer(o: NumberMeta & { default?: number }): z.ZodType {
  return build(bounded(z.int(), o), o);
}

function text(o: ParamMeta & { default: string }): z.ZodType<string>;
function text(o: ParamMeta): z.ZodType<string | null>;
function text(o: ParamMeta & { default?: string }): z.ZodType {
  return build(z.string(), o);
}

function choice<const V extends Choices>(o: ChoiceMeta<V> & { default: V[number] }): z.ZodType<V[number]>;
function choice<const V extends Choices>(o: ChoiceMeta<V>): z.ZodType<V[number] | null>;
function choice(o: ChoiceMeta<Choices> & { default?: string }): z.ZodType {
  return build(z.enum(o.values), o);
}

function flag(o: ParamMeta & { default: boolean }): z.ZodType<boolean> {
  return build(z.boolean(), o) as z.ZodType<boolean>;
}

/** Builders of parameters. A parameter without a default may be left out and then reads as `null`. */
export const param = { number, integer, text, choice, flag };

function bounded(type: z.ZodNumber, o: NumberMeta): z.ZodNumber {
  const low = o.min === undefined ? type : type.min(o.min);
  return o.max === undefined ? low : low.max(o.max);
}

function build(type: z.ZodType, o: ParamMeta & { default?: unknown }): z.ZodType {
  const { title, description, section, unit, advanced, path, required_param, labels } = o;
  const described = o.default === undefined ? type.nullable().default(null) : type.default(o.default);
  return described.meta({ title, description, section, unit, advanced, path, required_param, labels });
}

/** One slot that an input asks for or an output gives. */
export interface SlotSpec {
  name: string;
  required: boolean;
}

export interface InputSpec {
  type: DataType;
  title: string;
  description: string;
  slots: readonly SlotSpec[];
  count_min: number;
  count_max: number | 'inf';
}

export interface OutputSpec {
  type: DataType;
  title: string;
  /** slots that this job writes itself; the rest is passed through from `passthrough`, joined by uid */
  slots: readonly string[];
  /** name of the input whose unused results are forwarded */
  passthrough?: string;
}

/** What a job asks of the scheduler. RAM in slots of 8 GB. */
export interface ResourceSpec {
  cpu: number;
  gpu: number;
  ram: number;
  ssd: boolean;
}

export const CATEGORIES = [
  'import',
  'motion_correction',
  'ctf_estimation',
  'exposure_curation',
  'particle_picking',
  'extraction',
  'deep_picker',
  'particle_curation',
  'reconstruction',
  'refinement',
  'ctf_refinement',
  'variability',
  'flexibility',
  'postprocessing',
  'local_refinement',
  'helix',
  'utilities',
  'simulations',
  'live',
  'instance_testing',
  'workflows',
] as const;

export interface JobSpec<P extends z.ZodObject = z.ZodObject> {
  type: string;
  title: string;
  description: string;
  category: (typeof CATEGORIES)[number];
  stability: 'develop' | 'beta' | 'stable';
  inputs: Readonly<Record<string, InputSpec>>;
  /** fixed, or depending on the parameters (number of classes, kind of import …) */
  outputs: Readonly<Record<string, OutputSpec>> | ((params: z.output<P>) => Readonly<Record<string, OutputSpec>>);
  params: P;
  resources: (params: z.output<P>) => ResourceSpec;
}

/** Identity, for its types: gives `ParamsOf<typeof spec>` and checks the shape. */
export function defineJob<P extends z.ZodObject>(spec: JobSpec<P>): JobSpec<P> {
  return spec;
}

export type ParamsOf<S> = S extends JobSpec<infer P> ? z.output<P> : never;

/** Outputs of a job for given (complete) parameters. */
export function outputsOf(spec: JobSpec, params: Record<string, unknown>): Readonly<Record<string, OutputSpec>> {
  return typeof spec.outputs === 'function' ? spec.outputs(params) : spec.outputs;
}

/** One parameter as the browser, the command line and the docs see it. */
export interface ParamInfo extends ParamMeta {
  name: string;
  type: 'number' | 'integer' | 'boolean' | 'string';
  /** null: none; the parameter may be left empty */
  default: string | number | boolean | null;
  enum?: string[];
  minimum?: number;
  maximum?: number;
}

/** A job type as plain data. Outputs are those for default parameters; a job's own document has the real ones. */
export interface JobTypeInfo {
  type: string;
  title: string;
  description: string;
  category: string;
  stability: string;
  inputs: (InputSpec & { name: string })[];
  outputs: (OutputSpec & { name: string })[];
  params: ParamInfo[];
}

export function describeJob(spec: JobSpec): JobTypeInfo {
  const { type, title, description, category, stability } = spec;
  const properties = z.toJSONSchema(spec.params, { io: 'input' }).properties ?? {};
  return {
    type,
    title,
    description,
    category,
    stability,
    inputs: Object.entries(spec.inputs).map(([name, input]) => ({ name, ...input })),
    outputs: Object.entries(outputsOf(spec, spec.params.parse({}))).map(([name, output]) => ({ name, ...output })),
    params: Object.entries(properties).map(([name, schema]) => describeParam(name, schema as Record<string, unknown>)),
  };
}

/** A nullable type comes as `anyOf: [type, null]` or `type: [type, 'null']`: both mean "may be left empty". */
function describeParam(name: string, schema: Record<string, unknown>): ParamInfo {
  const alternatives = schema['anyOf'] as Record<string, unknown>[] | undefined;
  const inner = alternatives?.find((a) => a['type'] !== 'null') ?? {};
  const { anyOf: _anyOf, ...rest } = { ...inner, ...schema };
  const type = [rest['type']].flat().find((t) => t !== 'null');
  const unbounded = (v: unknown): boolean => v === Number.MIN_SAFE_INTEGER || v === Number.MAX_SAFE_INTEGER;
  if (unbounded(rest['minimum'])) delete rest['minimum'];
  if (unbounded(rest['maximum'])) delete rest['maximum'];
  if (Array.isArray(rest['enum'])) rest['enum'] = rest['enum'].filter((v) => v !== null);
  return { ...rest, name, type } as unknown as ParamInfo;
}

/** Human-readable reasons why `params` do not fit the type, by parameter name; empty when they do. */
export function checkParams(spec: JobSpec, params: Record<string, unknown>): { name: string; message: string }[] {
  const result = spec.params.safeParse(params);
  if (result.success) return [];
  return result.error.issues.map((issue) => ({ name: issue.path.join('.') || issue.code, message: issue.message }));
}
