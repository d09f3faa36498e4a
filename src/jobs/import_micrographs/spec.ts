import * as z from 'zod';
import { defineJob, param } from '../../schema/job.ts';

const FILES = 'Micrograph files';
const OPTICS = 'Optics';
const MOVIES = 'Movies';
const COMPUTE = 'Compute settings';

export const spec = defineJob({
  type: 'import_micrographs',
  title: 'Import Micrographs',
  description:
    'Take micrographs that are motion-corrected already: MRC (also .bz2 and .gz) or TIFF, one image a file. Files are linked, not copied. With the movies they were made from connected, they become part of the same exposures.',
  category: 'import',
  stability: 'beta',
  inputs: {
    movies: {
      type: 'exposure',
      title: 'Movies',
      description: 'The movies that the micrographs were made from, matched by file name; not needed.',
      slots: [{ name: 'movie_blob', required: true }],
      count_min: 0,
      count_max: 'inf',
    },
  },
  outputs: {
    imported_micrographs: {
      type: 'exposure',
      title: 'Imported micrographs',
      slots: ['micrograph_blob', 'mscope_params', 'ctf'],
      passthrough: 'movies',
    },
    failed_micrographs: {
      type: 'exposure',
      title: 'Micrographs that could not be imported',
      slots: ['micrograph_blob', 'mscope_params'],
    },
  },
  params: z.strictObject({
    blob_paths: param.text({
      title: 'Micrographs data path',
      description: 'A micrograph, or a glob pattern of micrographs (/data/micrographs/*.mrc).',
      section: FILES,
      path: 'glob',
      required_param: true,
    }),
    psize_A: param.number({
      title: 'Pixel size',
      description: 'Taken from the header of each file where it is empty.',
      unit: 'Å',
      section: OPTICS,
      min: 0.01,
    }),
    accel_kv: param.number({
      title: 'Accelerating voltage',
      description: 'Of the microscope.',
      unit: 'kV',
      section: OPTICS,
      min: 1,
      required_param: true,
    }),
    cs_mm: param.number({
      title: 'Spherical aberration',
      description: 'Of the objective lens.',
      unit: 'mm',
      section: OPTICS,
      min: 0,
      required_param: true,
    }),
    total_dose_e_per_A2: param.number({
      title: 'Total exposure dose',
      description: 'Of a whole exposure.',
      unit: 'e/Å²',
      section: OPTICS,
      min: 0,
      required_param: true,
    }),
    negative_stain_data: param.flag({
      title: 'Negative stain data',
      description: 'Particles are brighter than the stain around them.',
      section: OPTICS,
      default: false,
    }),
    phase_plate_data: param.flag({
      title: 'Phase plate data',
      description: 'Taken with a phase plate.',
      section: OPTICS,
      default: false,
    }),
    override_exp_group_id: param.integer({
      title: 'Override exposure group ID',
      description: 'The number of this job where it is empty.',
      section: OPTICS,
      min: 0,
      advanced: true,
    }),
    output_constant_ctf: param.flag({
      title: 'Output constant CTF',
      description: 'Give all micrographs a CTF with defocus 0, for data that need no CTF estimation.',
      section: OPTICS,
      default: false,
      advanced: true,
    }),
    skip_header_check: param.flag({
      title: 'Skip header check',
      description:
        'Read the header of the first micrograph only and take it for all. Without it each header is read, and files that are damaged or of another size are left out at once.',
      section: FILES,
      default: true,
    }),
    source_cut_prefix: param.integer({
      title: 'Characters to cut from the start of movie names',
      description: 'Names of movies and micrographs are compared after cutting.',
      section: MOVIES,
      default: 0,
      min: 0,
    }),
    source_cut_suff: param.integer({
      title: 'Characters to cut from the end of movie names',
      description: 'With the extension: 5 for ".tiff".',
      section: MOVIES,
      default: 0,
      min: 0,
    }),
    query_cut_prefix: param.integer({
      title: 'Characters to cut from the start of micrograph names',
      description: 'Names of movies and micrographs are compared after cutting.',
      section: MOVIES,
      default: 0,
      min: 0,
    }),
    query_cut_suff: param.integer({
      title: 'Characters to cut from the end of micrograph names',
      description: 'With the extension: 4 for ".mrc".',
      section: MOVIES,
      default: 0,
      min: 0,
    }),
    compute_num_cpus: param.integer({
      title: 'Number of CPUs',
      description: 'Files that are read side by side.',
      section: COMPUTE,
      default: 4,
      min: 1,
    }),
  }),
  resources: (params) => ({ cpu: params.compute_num_cpus, gpu: 0, ram: 1, ssd: false }),
});
