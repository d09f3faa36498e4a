#!/usr/bin/env bash
# Variables of this template:
#   script_path_abs  job_dir_abs  project_dir_abs  job_log_path_abs  worker_bin_path   paths
#   run_cmd    the whole command that runs the job          run_args   its arguments after "cryosparcw run"
#   num_cpu  num_gpu  ram_gb    what the job needs          project_uid  job_uid  job_type  job_title
#   job_creator  cryosparc_username    who made the job
# Any other name is a custom variable: cluster_info.json ("custom_vars"), the instance and each job can set it.
# "cryosparcm cluster validate <name>" shows what becomes of it.
#SBATCH --job-name=cryosparc_{{ project_uid }}_{{ job_uid }}
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task={{ num_cpu }}
{%- if num_gpu > 0 %}
#SBATCH --gres=gpu:{{ num_gpu }}
{%- endif %}
#SBATCH --mem={{ (ram_gb * 1000 * ram_multiplier|default(1)|float)|int }}M
{%- if partition is defined %}
#SBATCH --partition={{ partition }}
{%- endif %}
{%- if time_limit is defined %}
#SBATCH --time={{ time_limit }}
{%- endif %}
#SBATCH --output={{ job_log_path_abs }}
#SBATCH --open-mode=append

# SLURM itself sets CUDA_VISIBLE_DEVICES for the GPUs that it gave to the job
exec {{ worker_bin_path }} run {{ run_args }}
