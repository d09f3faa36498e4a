import { CsError } from '../../../base/errors.ts';
import type { clusterApi } from '../../../schema/api-clusters.ts';
import { ACTIVE_STATUSES } from '../../../schema/model.ts';
import { refuseOwnNames } from '../../cluster/clusters.ts';
import { validateCluster } from '../../cluster/validate.ts';
import type { Core } from '../../core/core.ts';
import type { Handlers } from '../handlers.ts';

export function clusterHandlers({ clusters, resources, projects, jobs }: Core): Handlers<keyof typeof clusterApi> {
  return {
    'clusters.list': () => resources.clusters(),
    'clusters.get': (input) => clusters.require(input.name),
    'clusters.connect': (input) => clusters.connect(input),
    'clusters.remove': (input) => {
      clusters.remove(input.name);
      return {};
    },
    'clusters.validate': (input) => validateCluster(clusters.require(input.name), clusters),
    'clusters.instance_vars': () => clusters.instance_vars,
    'clusters.set_instance_vars': (input) => {
      clusters.setInstanceVars(input.custom_vars);
      return {};
    },
    'clusters.set_job_vars': (input, who) => {
      const project = projects.require(who, input.project_uid);
      const job = jobs.require(project.uid, input.job_uid);
      refuseOwnNames(input.cluster_job_custom_vars);
      if (ACTIVE_STATUSES.includes(job.status)) {
        const text = `${job.uid} is ${job.status}: its script has been written already.`;
        throw new CsError('conflict', 'CS_JOB_STATUS', text, { status: job.status });
      }
      return jobs.save({ ...job, cluster_job_custom_vars: input.cluster_job_custom_vars });
    },
  };
}
