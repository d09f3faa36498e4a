import * as z from 'zod';
import { defineJob, param } from '../../schema/job.ts';

const MODEL = 'Model';
const PARTICLES = 'Particles';
const MICROSCOPE = 'Microscope';
const NOISE = 'Noise';
const FILES = 'Output files';

export const spec = defineJob({
  type: 'simulator',
  title: 'Simulate Data',
  description:
    'Make particle images of a known structure: projections in directions drawn uniformly, shifted, multiplied by a ' +
    'CTF, with white noise. The structure is a connected volume, an atomic model or a map in a file, or else a ' +
    'proteasome-like barrel that the program generates. Poses, shifts, optics and the map that they were made from ' +
    'are outputs; particles.star in the job directory has the same for RELION.',
  category: 'simulations',
  stability: 'stable',
  inputs: {
    volume: {
      type: 'volume',
      title: 'Volume',
      description: 'Map to project. Without one, the model file or the generated barrel is taken.',
      slots: [{ name: 'map', required: true }],
      count_min: 0,
      count_max: 1,
    },
  },
  outputs: {
    particles: { type: 'particle', title: 'Simulated particles', slots: ['blob', 'ctf', 'alignments3D'] },
    volume: { type: 'volume', title: 'True volume', slots: ['map'] },
  },
  params: z.strictObject({
    model_path: param.text({
      title: 'Model file',
      description:
        'Atomic model (.pdb, .ent, .cif) or map (.mrc, .map, also .gz or .bz2). Empty: the generated barrel.',
      section: MODEL,
      path: 'file',
    }),
    box_size_pix: param.integer({
      title: 'Box size',
      description: 'Side of images and map.',
      section: MODEL,
      unit: 'px',
      default: 128,
      min: 16,
      max: 1024,
    }),
    psize_A: param.number({
      title: 'Pixel size',
      description: 'Empty: that of the map; 1.5 Å for an atomic model. A map is resampled to it.',
      section: MODEL,
      unit: 'Å',
      min: 0.1,
      max: 50,
    }),
    center_model: param.flag({
      title: 'Centre the atomic model',
      description: 'Move the centre of the atoms to the centre of the box. Off: the origin of the coordinates.',
      section: MODEL,
      default: true,
      advanced: true,
    }),
    symmetry: param.text({
      title: 'Symmetry of the barrel',
      description:
        'Point group of the generated barrel, C4 to C12 or D4 to D12; files and volumes are taken as they are.',
      section: MODEL,
      default: 'D7',
    }),
    model_seed: param.integer({
      title: 'Variant of the barrel',
      description: 'Another number gives another arrangement of side chains, helices and strands.',
      section: MODEL,
      default: 1,
      min: 0,
      max: 2 ** 32 - 1,
      advanced: true,
    }),
    num_particles: param.integer({
      title: 'Number of particles',
      description: 'Images to make.',
      section: PARTICLES,
      default: 1000,
      min: 1,
      max: 10_000_000,
    }),
    shift_max_pix: param.number({
      title: 'Largest shift',
      description: 'Particles lie off the centre by up to this much in x and in y, uniformly.',
      section: PARTICLES,
      unit: 'px',
      default: 3,
      min: 0,
      max: 200,
    }),
    random_seed: param.integer({
      title: 'Random seed',
      description: 'The same seed gives the same data. Empty: one is drawn and written to the log.',
      section: PARTICLES,
      min: 0,
      max: 2 ** 32 - 1,
    }),
    accel_kv: param.number({
      title: 'Accelerating voltage',
      description: 'Of the electrons.',
      section: MICROSCOPE,
      unit: 'kV',
      default: 300,
      min: 20,
      max: 3000,
    }),
    cs_mm: param.number({
      title: 'Spherical aberration',
      description: 'Cs of the objective lens.',
      section: MICROSCOPE,
      unit: 'mm',
      default: 2.7,
      min: 0,
      max: 20,
    }),
    amp_contrast: param.number({
      title: 'Amplitude contrast',
      description: 'Fraction of the contrast that comes from amplitude.',
      section: MICROSCOPE,
      default: 0.1,
      min: 0,
      max: 1,
    }),
    df_min_A: param.number({
      title: 'Least defocus',
      description: 'Defocus is drawn uniformly between the two; positive is underfocus.',
      section: MICROSCOPE,
      unit: 'Å',
      default: 8000,
      min: 0,
      max: 200_000,
    }),
    df_max_A: param.number({
      title: 'Largest defocus',
      description: 'Defocus is drawn uniformly between the two; positive is underfocus.',
      section: MICROSCOPE,
      unit: 'Å',
      default: 25_000,
      min: 0,
      max: 200_000,
    }),
    astigmatism_max_A: param.number({
      title: 'Largest astigmatism',
      description: 'Difference of the two defocus values, drawn uniformly from 0 on; its direction is drawn too.',
      section: MICROSCOPE,
      unit: 'Å',
      default: 500,
      min: 0,
      max: 20_000,
    }),
    phase_shift_deg: param.number({
      title: 'Phase shift',
      description: 'Of a phase plate; the same for all particles.',
      section: MICROSCOPE,
      unit: '°',
      default: 0,
      min: 0,
      max: 180,
      advanced: true,
    }),
    bfactor_A2: param.number({
      title: 'Image B factor',
      description: 'Amplitudes fall as exp(-B k²/4), as by the microscope’s envelope; the particles’ CTF has it.',
      section: MICROSCOPE,
      unit: 'Å²',
      default: 0,
      min: 0,
      max: 1000,
      advanced: true,
    }),
    add_noise: param.flag({
      title: 'Add noise',
      description:
        'White Gaussian noise of standard deviation 1. Off: clean images of variance 1 in the particle’s circle.',
      section: NOISE,
      default: true,
    }),
    snr: param.number({
      title: 'Signal-to-noise ratio',
      description:
        'Variance of the clean images (with CTF) within the particle’s circle, over the variance of the noise. The ' +
        'circle holds 99 % of the squared density.',
      section: NOISE,
      default: 0.05,
      min: 1e-6,
      max: 1e6,
    }),
    data_sign: param.choice({
      title: 'Contrast',
      description:
        'Dark particles, as on a micrograph (blob/sign -1), or bright ones (blob/sign 1), as RELION extracts them.',
      section: FILES,
      values: ['dark_on_light', 'light_on_dark'],
      labels: ['Particles dark', 'Particles bright'],
      default: 'dark_on_light',
    }),
    output_f16: param.flag({
      title: 'Half precision',
      description: 'Write images as 16-bit floats (MRC mode 12): half the size.',
      section: FILES,
      default: false,
    }),
    particles_per_file: param.integer({
      title: 'Particles per file',
      description: 'Images in one stack file.',
      section: FILES,
      default: 10_000,
      min: 1,
      max: 1_000_000,
      advanced: true,
    }),
  }),
  // about 64 bytes a voxel: the map, its padded transform, and what it takes to make them
  resources: ({ box_size_pix }) => ({
    cpu: 2,
    gpu: 0,
    ram: Math.ceil((0.5e9 + 64 * box_size_pix ** 3) / 8e9),
    ssd: false,
  }),
});
