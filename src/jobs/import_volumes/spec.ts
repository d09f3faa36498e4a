import * as z from 'zod';
import { defineJob, param } from '../../schema/job.ts';

export const VOLUME_SLOTS = ['map', 'map_sharp', 'map_half_A', 'map_half_B', 'map_locres'] as const;
export const MASK_SLOTS = ['mask', 'mask_refine', 'mask_fsc', 'mask_fsc_auto'] as const;

export function isMaskSlot(slot: string): boolean {
  return (MASK_SLOTS as readonly string[]).includes(slot);
}

export const spec = defineJob({
  type: 'import_volumes',
  title: 'Import 3D Volumes',
  description:
    'Take maps or masks in MRC or CCP4 format, compressed with gzip or bzip2 too. A file that can be used as it is is linked; one that is compressed, has other axes, or gets another pixel size is rewritten.',
  category: 'import',
  stability: 'stable',
  inputs: {},
  outputs: (params) => {
    const slots = [params.volume_type];
    return isMaskSlot(params.volume_type)
      ? { imported_masks: { type: 'mask', title: 'Imported masks', slots } }
      : { imported_volumes: { type: 'volume', title: 'Imported volumes', slots } };
  },
  params: z.strictObject({
    volume_blob_path: param.text({
      title: 'Volume data path',
      description:
        'Absolute path of a map (.mrc, .map, .ccp4, also .gz or .bz2) or a glob pattern; several are taken in alphabetical order.',
      section: 'Volume data',
      path: 'glob',
      required_param: true,
    }),
    volume_type: param.choice({
      title: 'Type of volume',
      description: 'What the files are.',
      section: 'Volume data',
      values: [...VOLUME_SLOTS, ...MASK_SLOTS],
      labels: [
        'Map',
        'Sharpened map',
        'Half-map A',
        'Half-map B',
        'Local resolution',
        'Mask',
        'Refinement mask',
        'FSC mask',
        'Automatic FSC mask',
      ],
      default: 'map',
    }),
    psize_A: param.number({
      title: 'Pixel size',
      description: 'Replaces the value of the files.',
      unit: 'Å',
      section: 'Volume data',
      min: 0.01,
    }),
  }),
  resources: () => ({ cpu: 1, gpu: 0, ram: 2, ssd: false }),
});
