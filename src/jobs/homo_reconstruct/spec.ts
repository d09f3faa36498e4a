import * as z from 'zod';
import { defineJob, param } from '../../schema/job.ts';

const RECONSTRUCTION = 'Reconstruction';
const HALVES = 'Half sets';
const MASK = 'FSC mask';
const COMPUTE = 'Compute settings';

export const spec = defineJob({
  type: 'homo_reconstruct',
  title: 'Homogeneous Reconstruction Only',
  description:
    'Reconstruct a map from particles whose poses are known, without changing the poses: CTF-weighted direct Fourier ' +
    'inversion of each half set, FSC of the half maps, and their average weighted by the FSC.',
  category: 'reconstruction',
  stability: 'stable',
  inputs: {
    particles: {
      type: 'particle',
      title: 'Particle stacks',
      description: 'Particles with poses. Without CTF they are taken as plain projections.',
      slots: [
        { name: 'blob', required: true },
        { name: 'ctf', required: false },
        { name: 'alignments3D', required: true },
      ],
      count_min: 1,
      count_max: 'inf',
    },
    mask: {
      type: 'mask',
      title: 'FSC mask',
      description: 'Soft mask for the FSC; without one it is made from the map.',
      slots: [{ name: 'mask', required: true }],
      count_min: 0,
      count_max: 1,
    },
  },
  outputs: {
    volume: { type: 'volume', title: 'Volume', slots: ['map', 'map_half_A', 'map_half_B', 'mask_fsc'] },
    particles: { type: 'particle', title: 'Particles', slots: ['alignments3D'], passthrough: 'particles' },
  },
  params: z.strictObject({
    refine_N: param.integer({
      title: 'Box size override',
      description: 'Side of the map; images are Fourier-cropped to it. Empty: the side of the images.',
      section: RECONSTRUCTION,
      unit: 'px',
      min: 8,
    }),
    refine_symmetry: param.text({
      title: 'Symmetry',
      description: 'Point group: C1, C2, …, D2, …, T, O, I, I1 or I2, axes as in RELION (n-fold on z).',
      section: RECONSTRUCTION,
      default: 'C1',
    }),
    refine_window: param.flag({
      title: 'Window images in real space',
      description: 'Multiply each image by a soft disc before its transform.',
      section: RECONSTRUCTION,
      default: true,
    }),
    refine_window_inner: param.number({
      title: 'Window inner radius',
      description: 'Where the disc begins to fall, as a fraction of half the box.',
      section: RECONSTRUCTION,
      default: 0.85,
      min: 0,
      max: 1.5,
      advanced: true,
    }),
    refine_window_outer: param.number({
      title: 'Window outer radius',
      description: 'Where the disc has come down to 0, as a fraction of half the box.',
      section: RECONSTRUCTION,
      default: 0.99,
      min: 0,
      max: 1.5,
      advanced: true,
    }),
    refine_padding: param.integer({
      title: 'Padding factor',
      description: 'Sides of the Fourier grid in units of the box. 1 takes an eighth of the memory of 2.',
      section: RECONSTRUCTION,
      default: 2,
      min: 1,
      max: 3,
      advanced: true,
    }),
    refine_gs_resplit: param.flag({
      title: 'Force re-do GS split',
      description: 'Split the particles into two random half sets even if they carry a split.',
      section: HALVES,
      default: false,
    }),
    random_seed: param.integer({
      title: 'Random seed',
      description: 'Of the split and of the phases in the corrected FSC.',
      section: HALVES,
      default: 0,
      advanced: true,
    }),
    refine_dynamic_mask_thresh_factor: param.number({
      title: 'Mask threshold',
      description: 'Level of the automatic mask, as a fraction of the low-pass filtered map’s largest value.',
      section: MASK,
      default: 0.2,
      min: 0.001,
      max: 0.999,
    }),
    refine_dynamic_mask_near_ang: param.number({
      title: 'Mask near distance',
      description: 'The automatic mask is 1 up to this distance from the map’s surface.',
      section: MASK,
      unit: 'Å',
      default: 6,
      min: 0,
    }),
    refine_dynamic_mask_far_ang: param.number({
      title: 'Mask far distance',
      description: 'The automatic mask has come down to 0 at this distance.',
      section: MASK,
      unit: 'Å',
      default: 14,
      min: 0,
    }),
    refine_dynamic_mask_start_res: param.number({
      title: 'Mask low-pass filter',
      description: 'The map is filtered to this resolution before the threshold.',
      section: MASK,
      unit: 'Å',
      default: 12,
      min: 0.1,
      advanced: true,
    }),
    compute_use_ssd: param.flag({
      title: 'Cache particle images on SSD',
      description: 'Copy the particle stacks to the SSD of the worker, if it has one, and read them there.',
      section: COMPUTE,
      default: true,
    }),
  }),
  resources: ({ compute_use_ssd }) => ({ cpu: 2, gpu: 0, ram: 2, ssd: compute_use_ssd }),
});
