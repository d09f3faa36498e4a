import * as z from 'zod';
import { defineJob, param } from '../../schema/job.ts';
import { DATA_TYPES, type DataType } from '../../schema/slots.ts';

const SECTION = 'Result group';

/** Results that a group of a type has when the parameter does not name them. */
const USUAL_RESULTS: Partial<Record<DataType, readonly string[]>> = {
  exposure: ['movie_blob', 'gain_ref_blob', 'mscope_params', 'micrograph_blob', 'rigid_motion', 'spline_motion', 'ctf'],
  particle: ['blob', 'ctf', 'alignments3D', 'alignments2D', 'location', 'pick_stats'],
  template: ['blob'],
  volume: ['map', 'map_sharp', 'map_half_A', 'map_half_B'],
  mask: ['mask'],
};

/** Results that the job's output can have, by its parameters. */
export function resultNames(params: { group_type: DataType; result_names: string | null }): string[] {
  const named = params.result_names?.split(',').flatMap((name) => name.trim() || []) ?? [];
  return named.length > 0 ? named : [...(USUAL_RESULTS[params.group_type] ?? [])];
}

/** Name of the job's output: `imported_particles`. */
export function outputName(group_type: DataType): string {
  return `imported_${group_type.replace(/h$/, 'he')}s`;
}

export const spec = defineJob({
  type: 'import_result_group',
  title: 'Import Result Group',
  description:
    'Take over the results that a group file (.csg) names: an exported output, or one of a job in another project. Tables are copied, data files are linked.',
  category: 'import',
  stability: 'stable',
  inputs: {},
  outputs: (params) => ({
    [outputName(params.group_type)]: {
      type: params.group_type,
      title: 'Imported results',
      slots: resultNames(params),
    },
  }),
  params: z.strictObject({
    blob_path: param.text({
      title: 'Result group path',
      description: 'Absolute path of the group file (.csg).',
      section: SECTION,
      path: 'file',
      required_param: true,
    }),
    group_type: param.choice({
      title: 'Type of group',
      description: 'What the items are; must be what the file says.',
      section: SECTION,
      values: DATA_TYPES,
      default: 'particle',
    }),
    result_names: param.text({
      title: 'Results',
      description: 'Results to take over, separated by commas; those that are usual for the type when left empty.',
      section: SECTION,
      advanced: true,
    }),
  }),
  resources: () => ({ cpu: 1, gpu: 0, ram: 1, ssd: false }),
});
