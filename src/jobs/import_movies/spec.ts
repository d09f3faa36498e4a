import * as z from 'zod';
import { defineJob, param } from '../../schema/job.ts';

const FILES = 'Movie files';
const GAIN = 'Gain and defects';
const OPTICS = 'Optics';
const EER = 'Electron events (EER)';
const METADATA = 'Metadata files';
const COMPUTE = 'Compute settings';

export const spec = defineJob({
  type: 'import_movies',
  title: 'Import Movies',
  description:
    'Take movies as the microscope writes them: TIFF, MRC (also .bz2 and .gz) or EER, with gain reference, defects, and the beam shifts from EPU or SerialEM files. Movies are linked, not copied. Images are taken as stored, the first row first; no format is flipped.',
  category: 'import',
  stability: 'beta',
  inputs: {},
  outputs: {
    imported_movies: {
      type: 'exposure',
      title: 'Imported movies',
      slots: ['movie_blob', 'gain_ref_blob', 'mscope_params', 'ctf'],
    },
    failed_movies: {
      type: 'exposure',
      title: 'Movies that could not be imported',
      slots: ['movie_blob', 'mscope_params'],
    },
  },
  params: z.strictObject({
    blob_paths: param.text({
      title: 'Movies data path',
      description: 'A movie, or a glob pattern of movies (/data/Images-Disc1/*/Data/*_fractions.tiff).',
      section: FILES,
      path: 'glob',
      required_param: true,
    }),
    gainref_path: param.text({
      title: 'Gain reference path',
      description:
        'MRC or TIFF image that frames are multiplied with, or a .gain file, whose values are inverted. Leave empty for movies that are corrected already.',
      section: GAIN,
      path: 'file',
    }),
    defect_path: param.text({
      title: 'Defect file path',
      description:
        'Bad pixels: the text of SerialEM or MotionCor (.txt), or an image (MRC, TIFF) that is not 0 where a pixel is bad. It is turned like the gain reference.',
      section: GAIN,
      path: 'file',
    }),
    gainref_flip_x: param.flag({
      title: 'Flip gain ref & defect file in X',
      description: 'Left to right, after the rotation.',
      section: GAIN,
      default: false,
    }),
    gainref_flip_y: param.flag({
      title: 'Flip gain ref & defect file in Y',
      description: 'Top to bottom, after the rotation.',
      section: GAIN,
      default: false,
    }),
    gainref_rotate_num: param.integer({
      title: 'Rotate gain ref & defect file',
      description: 'Quarter turns counter-clockwise, seen with the first stored row on top; done before the flips.',
      section: GAIN,
      default: 0,
      min: 0,
      max: 3,
    }),
    psize_A: param.number({
      title: 'Raw pixel size',
      description:
        'Of the frames as stored (for super-resolution the small pixel); for EER that of the detector, before up-sampling.',
      unit: 'Å',
      section: OPTICS,
      min: 0.01,
      required_param: true,
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
      description: 'Of a whole movie.',
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
    skip_header_check: param.flag({
      title: 'Skip header check',
      description:
        'Read the header of the first movie only and take it for all. Without it each header is read, and movies that are damaged or of another size are left out at once.',
      section: FILES,
      default: true,
    }),
    output_constant_ctf: param.flag({
      title: 'Output constant CTF',
      description: 'Give all movies a CTF with defocus 0, for data that need no CTF estimation.',
      section: OPTICS,
      default: false,
      advanced: true,
    }),
    eer_num_fractions: param.integer({
      title: 'EER number of fractions',
      description: 'Fractions into which the raw frames are summed; they differ by at most one raw frame.',
      section: EER,
      default: 40,
      min: 1,
    }),
    eer_upsamp_factor: param.choice({
      title: 'EER upsampling factor',
      description: 'Grid points per detector pixel and axis.',
      section: EER,
      values: ['1', '2', '4'],
      default: '2',
    }),
    parse_xml_files: param.flag({
      title: 'Import beam shift from metadata files',
      description: 'Read the files below and put their beam shifts beside the movies.',
      section: METADATA,
      default: false,
    }),
    xml_paths: param.text({
      title: 'Metadata path',
      description: 'Glob pattern of the EPU .xml or SerialEM .mdoc files, one for each movie.',
      section: METADATA,
      path: 'glob',
    }),
    mov_cut_prefix_xml: param.integer({
      title: 'Characters to cut from the start of movie names',
      description: 'Names of movies and metadata files are compared after cutting.',
      section: METADATA,
      default: 0,
      min: 0,
    }),
    mov_cut_suffix_xml: param.integer({
      title: 'Characters to cut from the end of movie names',
      description: 'With the extension: 15 for "_fractions.tiff".',
      section: METADATA,
      default: 0,
      min: 0,
    }),
    xml_cut_prefix_xml: param.integer({
      title: 'Characters to cut from the start of metadata file names',
      description: 'Names of movies and metadata files are compared after cutting.',
      section: METADATA,
      default: 0,
      min: 0,
    }),
    xml_cut_suffix_xml: param.integer({
      title: 'Characters to cut from the end of metadata file names',
      description: 'With the extension: 4 for ".xml".',
      section: METADATA,
      default: 4,
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
