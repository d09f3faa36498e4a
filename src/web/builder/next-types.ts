import type { InputSpec, JobTypeInfo } from '../../schema/job.ts';
import type { Output } from '../../schema/model.ts';
import { missingSlots } from './connect.ts';

/** A job type that can go on from an output, and the input that takes it. */
export interface NextType {
  type: JobTypeInfo;
  input: InputSpec & { name: string };
}

/** Job types with an input for this output; inputs that must be there come before optional ones. */
export function nextTypesFor(output: Output, types: readonly JobTypeInfo[]): NextType[] {
  const found = types.flatMap((type) => {
    const fits = type.inputs.filter((i) => i.type === output.type && missingSlots(output, i.slots).length === 0);
    const input = fits.find((i) => i.count_min > 0) ?? fits[0];
    return input ? [{ type, input }] : [];
  });
  return found.sort((a, b) => Math.min(1, b.input.count_min) - Math.min(1, a.input.count_min));
}
