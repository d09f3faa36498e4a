#!/usr/bin/env bash
# Variables of this template:
#   script_path_abs  job_dir_abs  project_dir_abs  job_log_path_abs  worker_bin_path   paths
#   run_cmd    the whole command that runs the job          run_args   its arguments after "cryosparcw run"
#   num_cpu  num_gpu  ram_gb    what the job needs          project_uid  job_uid  job_type  job_title
#   job_creator  cryosparc_username    who made the job
# Any other name is a custom variable: cluster_info.json ("custom_vars"), the instance and each job can set it.
# "cryosparcm cluster validate <name>" shows what becomes of it.
#PBS -N cryosparc_{{ project_uid }}_{{ job_uid }}
#PBS -l select=1:ncpus={{ num_cpu }}:ngpus={{ num_gpu }}:mem={{ ram_gb|int }}gb
#PBS -j oe
{%- if queue is defined %}
#PBS -q {{ queue }}
{%- endif %}
{%- if time_limit is defined %}
#PBS -l walltime={{ time_limit }}
{%- endif %}
{% if num_gpu > 0 %}
# where PBS does not set CUDA_VISIBLE_DEVICES itself: take GPUs on which no process runs
if [ -z "$CUDA_VISIBLE_DEVICES" ]; then
    busy=$(nvidia-smi --query-compute-apps=gpu_uuid --format=csv,noheader)
    free=$(nvidia-smi --query-gpu=index,uuid --format=csv,noheader |
        while IFS=', ' read -r index uuid; do
            case "$busy" in *"$uuid"*) ;; *) echo "$index" ;; esac
        done)
    export CUDA_VISIBLE_DEVICES=$(echo "$free" | head -n {{ num_gpu }} | paste -sd, -)
fi
{% endif %}
{{ run_cmd }}
