#!/usr/bin/env bash
# Variables of this template:
#   script_path_abs  job_dir_abs  project_dir_abs  job_log_path_abs  worker_bin_path   paths
#   run_cmd    the whole command that runs the job          run_args   its arguments after "cryosparcw run"
#   num_cpu  num_gpu  ram_gb    what the job needs          project_uid  job_uid  job_type  job_title
#   job_creator  cryosparc_username    who made the job
# Any other name is a custom variable: cluster_info.json ("custom_vars"), the instance and each job can set it.
# "cryosparcm cluster validate <name>" shows what becomes of it.
#BSUB -J cryosparc_{{ project_uid }}_{{ job_uid }}
#BSUB -n {{ num_cpu }}
#BSUB -R "span[hosts=1]"
#BSUB -R "rusage[mem={{ (ram_gb * 1000)|int }}MB]"
{%- if num_gpu > 0 %}
#BSUB -gpu "num={{ num_gpu }}:mode=shared:j_exclusive=yes"
{%- endif %}
{%- if queue is defined %}
#BSUB -q {{ queue }}
{%- endif %}
{%- if time_limit is defined %}
#BSUB -W {{ time_limit }}
{%- endif %}
#BSUB -o /dev/null

{{ run_cmd }}
