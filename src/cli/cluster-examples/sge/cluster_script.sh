#!/usr/bin/env bash
# Variables of this template:
#   script_path_abs  job_dir_abs  project_dir_abs  job_log_path_abs  worker_bin_path   paths
#   run_cmd    the whole command that runs the job          run_args   its arguments after "cryosparcw run"
#   num_cpu  num_gpu  ram_gb    what the job needs          project_uid  job_uid  job_type  job_title
#   job_creator  cryosparc_username    who made the job
# Any other name is a custom variable: cluster_info.json ("custom_vars"), the instance and each job can set it.
# "cryosparcm cluster validate <name>" shows what becomes of it.
#$ -N cryosparc_{{ project_uid }}_{{ job_uid }}
#$ -S /bin/bash
#$ -cwd
#$ -j y
#$ -pe {{ parallel_environment|default('smp') }} {{ num_cpu }}
{%- if num_gpu > 0 %}
#$ -l gpu={{ num_gpu }}
{%- endif %}
# Grid Engine counts memory per slot
#$ -l h_vmem={{ (ram_gb * 1000 / num_cpu)|round(0, 'ceil')|int }}M
{%- if queue is defined %}
#$ -q {{ queue }}
{%- endif %}

{{ run_cmd }}
