import { CsError } from '../../../base/errors.ts';

/** The classes of errors that Jinja2 and Python tell apart. */
export type ErrorClass =
  | 'TemplateSyntaxError'
  | 'TemplateRuntimeError'
  | 'UndefinedError'
  | 'TypeError'
  | 'ValueError'
  | 'KeyError'
  | 'IndexError'
  | 'ZeroDivisionError'
  | 'OverflowError';

/** What is wrong with a template, or with what it does: always for the one who wrote it. */
export class TemplateError extends CsError {
  readonly errorClass: ErrorClass;
  readonly reason: string;
  /** line of the template, from 1; null: not known */
  readonly line: number | null;

  constructor(errorClass: ErrorClass, reason: string, line: number | null = null) {
    const where = line === null ? '' : ` in line ${line} of the template`;
    super('input', 'CS_TEMPLATE', `${errorClass}${where}: ${reason}`, { line });
    this.errorClass = errorClass;
    this.reason = reason;
    this.line = line;
  }

  /** The same with the line where it happened, if it has none yet. */
  at(line: number): TemplateError {
    return this.line === null ? new TemplateError(this.errorClass, this.reason, line) : this;
  }
}

export function typeError(reason: string): TemplateError {
  return new TemplateError('TypeError', reason);
}
