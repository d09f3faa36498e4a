import * as z from 'zod';
import { defineJob, param } from '../../schema/job.ts';

const FILTER = 'Hand and filter';
const GRID = 'Grid';
const MASK = 'Mask';

export const spec = defineJob({
  type: 'volume_tools',
  title: 'Volume Tools',
  description:
    'Change a map, or make a mask of it. Operations run in this order, each only when its parameter is given: ' +
    'flip hand, low-pass filter, resample, crop or pad, threshold mask (threshold, dilate, soft edge).',
  category: 'utilities',
  stability: 'stable',
  inputs: {
    volume: {
      type: 'volume',
      title: 'Volume',
      description: 'The map to work on.',
      slots: [{ name: 'map', required: true }],
      count_min: 1,
      count_max: 1,
    },
  },
  outputs: (params) =>
    params.output_type === 'mask'
      ? { mask: { type: 'mask', title: 'Mask', slots: ['mask'] } }
      : { volume: { type: 'volume', title: 'Volume', slots: ['map'] } },
  params: z.strictObject({
    output_type: param.choice({
      title: 'Type of output volume',
      description: 'A map, or a mask made of the map by a threshold.',
      section: MASK,
      values: ['map', 'mask'],
      default: 'map',
    }),
    flip_hand: param.flag({
      title: 'Flip hand',
      description: 'Mirror the map along z, through its origin.',
      section: FILTER,
      default: false,
    }),
    lowpass_A: param.number({
      title: 'Low-pass filter',
      description: 'Resolution at which the filter halves the power. Empty: no filter.',
      section: FILTER,
      unit: 'Å',
      min: 0.01,
    }),
    lowpass_order: param.integer({
      title: 'Order of the filter',
      description: 'Of the Butterworth filter: higher is steeper.',
      section: FILTER,
      default: 8,
      min: 1,
      max: 64,
      advanced: true,
    }),
    resample_N: param.integer({
      title: 'Resample to box size',
      description: 'Fourier crop or pad to this side; the box keeps its extent in Å. Empty: not by box size.',
      section: GRID,
      unit: 'px',
      min: 2,
      max: 4096,
    }),
    resample_psize_A: param.number({
      title: 'Resample to pixel size',
      description: 'Fourier crop or pad to the side that comes nearest to this pixel size. Empty: not by pixel size.',
      section: GRID,
      unit: 'Å/px',
      min: 0.01,
    }),
    crop_N: param.integer({
      title: 'Crop or pad to box size',
      description: 'Cut out or add zeros around the centre; the pixel size stays. Empty: neither.',
      section: GRID,
      unit: 'px',
      min: 2,
      max: 4096,
    }),
    mask_threshold: param.number({
      title: 'Threshold',
      description: 'Voxels from this value on are in the mask.',
      section: MASK,
    }),
    mask_dilate_A: param.number({
      title: 'Dilation',
      description: 'Distance by which the mask is made larger.',
      section: MASK,
      unit: 'Å',
      default: 0,
      min: 0,
    }),
    mask_pad_px: param.number({
      title: 'Soft padding width',
      description: 'Width of the cosine edge around the dilated mask.',
      section: MASK,
      unit: 'px',
      default: 12,
      min: 0,
    }),
  }),
  resources: () => ({ cpu: 1, gpu: 0, ram: 1, ssd: false }),
});
