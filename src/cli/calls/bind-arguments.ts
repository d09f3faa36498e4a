import { CsError } from '../../base/errors.ts';
import { suggestion } from '../nearest.ts';
import { signature, type CallArgument, type CallInfo } from './call-table.ts';
import { parsePythonValue, type PyCall } from './python-call.ts';

/**
 * Arguments of a call in the Python form as the input of the API call. None for an argument that may be left out
 * means that it is left out.
 *
 * @throws CsError `input` `CS_CALL_ARGUMENTS` naming the argument that is unknown, twice there or missing
 */
export function bindPythonCall(call: CallInfo, { positional, keywords }: PyCall): Record<string, unknown> {
  return bind(call, positional, Object.entries(keywords), (_, value) => value);
}

/**
 * Plain words of the shell as the input of the API call: `get_job P1 J3`, `make_job job_type=… params='{"a": 1}'`.
 * A word `name=value` is a keyword argument when the call has an argument of that name. Values are read as JSON or a
 * Python literal unless the argument takes text only.
 *
 * @throws CsError as `bindPythonCall`
 */
export function bindPlainArguments(call: CallInfo, words: readonly string[]): Record<string, unknown> {
  const positional: string[] = [];
  const keywords: [string, string][] = [];
  for (const word of words) {
    const [, key, value] = /^([A-Za-z_]\w*)=([^]*)$/.exec(word) ?? [];
    const isKeyword = key !== undefined && (keywords.length > 0 || call.args.some((a) => a.name === key));
    if (isKeyword && value !== undefined) keywords.push([key, value]);
    else if (keywords.length > 0) throw argumentError(call, `positional argument ${word} after a keyword argument`);
    else positional.push(word);
  }
  return bind(call, positional, keywords, (argument, text) => plainValue(argument, text));
}

function bind<V>(
  call: CallInfo,
  positional: readonly V[],
  keywords: readonly (readonly [string, V])[],
  convert: (argument: CallArgument, value: V) => unknown,
): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  const give = (argument: CallArgument, value: V): void => {
    if (Object.hasOwn(input, argument.name)) throw argumentError(call, `argument ${argument.name} is given twice`);
    const converted = convert(argument, value);
    const leftOut = converted === null && !argument.required && !argument.types.includes('null');
    if (!leftOut) input[argument.name] = converted;
  };
  positional.forEach((value, i) => {
    const argument = call.args[i];
    if (argument === undefined) {
      throw argumentError(call, `${call.name} takes ${call.args.length} arguments, ${positional.length} were given`);
    }
    give(argument, value);
  });
  for (const [key, value] of keywords) {
    const argument = call.args.find((a) => a.name === key);
    const names = call.args.map((a) => a.name);
    if (argument === undefined) {
      throw argumentError(call, `${call.name} has no argument ${key}.${suggestion(key, names)}`);
    }
    give(argument, value);
  }
  const missing = call.args.filter((a) => a.required && !Object.hasOwn(input, a.name)).map((a) => a.name);
  if (missing.length > 0) throw argumentError(call, `missing: ${missing.join(', ')}`);
  return input;
}

function plainValue(argument: CallArgument, text: string): unknown {
  const takesText = argument.types.length === 0 || argument.types.includes('string');
  if (argument.types.length > 0 && argument.types.every((type) => type === 'string')) return text;
  try {
    return JSON.parse(text);
  } catch {
    // not JSON: perhaps a Python literal
  }
  try {
    return parsePythonValue(text);
  } catch (error) {
    if (takesText) return text;
    throw new CsError(
      'input',
      'CS_CALL_ARGUMENTS',
      `Argument ${argument.name} takes ${argument.types.join(' or ')}, found ${JSON.stringify(text)}.`,
      { argument: argument.name },
      error,
    );
  }
}

function argumentError(call: CallInfo, message: string): CsError {
  return new CsError('input', 'CS_CALL_ARGUMENTS', `${message}\n  ${signature(call)}`, { call: call.name });
}
