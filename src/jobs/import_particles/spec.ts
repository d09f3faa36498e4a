import * as z from 'zod';
import { defineJob, param } from '../../schema/job.ts';

const FILES = 'Particle data';
const OPTICS = 'Optics';
const PATHS = 'Paths';

/** slots that an imported particle can have, as far as its source tells them */
export const PARTICLE_SLOTS = ['blob', 'ctf', 'alignments3D', 'alignments2D', 'location', 'pick_stats'] as const;

export const spec = defineJob({
  type: 'import_particles',
  title: 'Import Particle Stack',
  description:
    'Take extracted particles from a RELION STAR file (3.0, 3.1, 4, 5), a cryoSPARC .cs file, or bare MRC stacks. Image files are linked, not copied. Defocus, poses, shifts, half-sets and locations come along where the table has them.',
  category: 'import',
  stability: 'stable',
  inputs: {},
  outputs: {
    imported_particles: {
      type: 'particle',
      title: 'Imported particles',
      slots: PARTICLE_SLOTS,
    },
  },
  params: z.strictObject({
    particle_meta_path: param.text({
      title: 'Particle meta path',
      description: 'Absolute path of the table of particles (.star or .cs). Leave empty to import bare stacks.',
      section: FILES,
      path: 'file',
    }),
    particle_blob_path: param.text({
      title: 'Particle data path',
      description:
        'Directory below which the image files of the table are searched; without a table, the stack or a glob pattern of stacks (/data/*.mrcs).',
      section: FILES,
      path: 'glob',
    }),
    data_sign: param.choice({
      title: 'Contrast',
      description:
        'Whether particles are darker than the background, as on a micrograph, or brighter, as RELION extracts them with inverted contrast. A .cs file brings its own.',
      section: FILES,
      values: ['dark_on_light', 'light_on_dark'],
      labels: ['Particles dark', 'Particles bright'],
      default: 'dark_on_light',
    }),
    ignore_blob: param.flag({
      title: 'Ignore raw data',
      description: 'Import the table alone; image files are not looked for.',
      section: FILES,
      default: false,
      advanced: true,
    }),
    ignore_pose: param.flag({
      title: 'Ignore poses',
      description: 'Leave out orientations and shifts.',
      section: FILES,
      default: false,
      advanced: true,
    }),
    psize_A: param.number({
      title: 'Pixel size',
      description: 'Replaces the value of the table and of the stacks.',
      unit: 'Å',
      section: OPTICS,
      min: 0.01,
    }),
    accel_kv: param.number({
      title: 'Accelerating voltage',
      description: 'Replaces the value of the table.',
      unit: 'kV',
      section: OPTICS,
      min: 1,
    }),
    cs_mm: param.number({
      title: 'Spherical aberration',
      description: 'Replaces the value of the table.',
      unit: 'mm',
      section: OPTICS,
      min: 0,
    }),
    amp_contrast: param.number({
      title: 'Amplitude contrast',
      description: 'Replaces the value of the table; 0.1 where neither is given.',
      section: OPTICS,
      min: 0,
      max: 1,
    }),
    blob_cut_prefix: param.integer({
      title: 'Path prefix to cut',
      description:
        'Number of characters to cut from the start of each image path of the table before the file is searched.',
      section: PATHS,
      default: 0,
      min: 0,
      advanced: true,
    }),
    blob_cut_suff: param.integer({
      title: 'Path suffix to cut',
      description:
        'Number of characters to cut from the end of each image path of the table before the file is searched.',
      section: PATHS,
      default: 0,
      min: 0,
      advanced: true,
    }),
  }),
  resources: () => ({ cpu: 1, gpu: 0, ram: 1, ssd: false }),
});
