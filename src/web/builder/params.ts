import type { ParamInfo } from '../../schema/job.ts';

export type ParamValue = string | number | boolean | null;

export interface Section {
  title: string;
  params: ParamInfo[];
  /** advanced ones that are folded away */
  hidden: number;
}

export interface SectionChoice {
  /** words to look for in title, name and description; a search also shows advanced parameters */
  query: string;
  advanced: boolean;
  /** names of parameters that differ from their default: never hidden */
  changed: ReadonlySet<string>;
}

/** The parameters of a form by section, in the order of the spec. */
export function sectionsOf(params: readonly ParamInfo[], choice: SectionChoice): Section[] {
  const words = choice.query.toLowerCase().split(/\s+/).filter(Boolean);
  const sections = new Map<string, Section>();
  for (const param of params) {
    const text = `${param.title} ${param.name} ${param.description} ${param.section}`.toLowerCase();
    if (!words.every((word) => text.includes(word))) continue;
    const section = sections.get(param.section) ?? { title: param.section, params: [], hidden: 0 };
    sections.set(param.section, section);
    const folded = param.advanced === true && !choice.advanced && words.length === 0 && !choice.changed.has(param.name);
    if (folded) section.hidden += 1;
    else section.params.push(param);
  }
  return [...sections.values()];
}

/** What is wrong with a value before it is sent, in words; null when nothing is. `null` stands for "left empty". */
export function paramProblem(param: ParamInfo, value: ParamValue): string | null {
  if (value === null || value === '')
    return param.required_param ? 'Must be given before the job can be queued.' : null;
  if (param.type === 'number' || param.type === 'integer') {
    const unit = param.unit ? ` ${param.unit}` : '';
    if (typeof value !== 'number' || !Number.isFinite(value)) return 'Must be a number.';
    if (param.type === 'integer' && !Number.isInteger(value)) return 'Must be a whole number.';
    if (param.minimum !== undefined && value < param.minimum) return `Must be at least ${param.minimum}${unit}.`;
    if (param.maximum !== undefined && value > param.maximum) return `Must be at most ${param.maximum}${unit}.`;
  }
  if (param.enum && !param.enum.includes(String(value))) return `Must be one of ${param.enum.join(', ')}.`;
  return null;
}

/**
 * What a user typed into a number field, as a number. Comma and point both separate decimals; spaces group.
 * @returns NaN when it is not a number, null when it is empty
 */
export function typedNumber(text: string): number | null {
  const plain = text
    .replaceAll(/[\s\u202f]/g, '')
    .replace('−', '-')
    .replace(',', '.');
  if (plain === '') return null;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : Number.NaN;
}

/** A default or value as the form shows it. */
export function shownValue(param: ParamInfo, value: ParamValue): string {
  if (value === null || value === '') return 'empty';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  const label = param.enum ? param.labels?.[param.enum.indexOf(String(value))] : undefined;
  return `${label ?? value}${param.unit ? ` ${param.unit}` : ''}`;
}
