-- What a job knows of the cluster that runs it. Cluster targets stand in `targets`, told apart by `type`.

UPDATE jobs SET doc = json_set(
  doc,
  '$.cluster_job_id', NULL,
  '$.cluster_job_status', NULL,
  '$.cluster_job_custom_vars', json('{}')
);
