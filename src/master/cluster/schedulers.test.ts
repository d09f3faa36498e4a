import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idNumber, schedulerOf, submittedId } from './schedulers.ts';
import { lsf } from './schedulers/lsf.ts';
import { pbs } from './schedulers/pbs.ts';
import type { SchedulerKind } from './schedulers/scheduler-kind.ts';
import { sge } from './schedulers/sge.ts';
import { slurm } from './schedulers/slurm.ts';

/** `id phase word reason` of each job of a listing. */
function listed(kind: SchedulerKind, text: string): string[] {
  return [...(kind.parseList(text) ?? [])].map(([id, s]) => [id, s.phase, s.word, s.reason].join(' ').trimEnd());
}

function detail(kind: SchedulerKind, text: string): string {
  const state = kind.parseDetail(text);
  return state === null ? 'nothing' : `${state.phase} ${state.word} ${state.reason}`.trimEnd();
}

test('a scheduler is known by the commands of its users', () => {
  const of = (qsub_cmd_tpl: string, qstat_cmd_tpl: string): string =>
    schedulerOf({ qsub_cmd_tpl, qstat_cmd_tpl })?.name ?? 'none';
  assert.equal(of('sbatch {{ s }}', 'squeue -j {{ i }}'), 'slurm');
  assert.equal(of('/site/submit {{ s }}', 'sacct -j {{ i }}'), 'slurm');
  assert.equal(of('qsub {{ s }}', 'qstat -as {{ i }}'), 'pbs');
  assert.equal(of('qsub {{ s }}', 'qstat -j {{ i }}'), 'sge');
  assert.equal(of('bsub < {{ s }}', 'bjobs -w {{ i }}'), 'lsf');
  assert.equal(of('/site/submit', '/site/status {{ i }}'), 'none');
});

test('the number of a submitted job is found in what the command prints', () => {
  const cases: [SchedulerKind | null, string, string | null][] = [
    [slurm, 'Submitted batch job 8112\n', '8112'],
    [slurm, 'sbatch: lua: hello\nSubmitted batch job 8112 on cluster hpc\n', '8112'],
    [slurm, '8112;hpc\n', '8112'],
    [slurm, 'sbatch: error: invalid partition specified: gpux\n', null],
    [pbs, '1234.pbs-server.site.org\n', '1234.pbs-server.site.org'],
    [pbs, 'Welcome to the cluster\n77\n', '77'],
    [pbs, 'qsub: Unknown queue\n', null],
    [sge, 'Your job 231 ("cryosparc_P1_J1") has been submitted\n', '231'],
    [sge, 'Unable to run job: unknown resource "gpus".\nExiting.\n', null],
    [lsf, 'Job <101> is submitted to queue <normal>.\n', '101'],
    [lsf, 'Request aborted by esub. Job not submitted.\n', null],
    [null, 'accepted\njob-42\n', 'job-42'],
    [null, 'all is well, thank you\n', null],
    [null, '$(reboot)1\n', null],
  ];
  for (const [kind, text, id] of cases) assert.equal(submittedId(kind, text), id, text);
  assert.deepEqual(['1234.pbs', '42', 'job-42'].map(idNumber), ['1234', '42', '42']);
});

const SQUEUE = `             JOBID PARTITION     NAME     USER ST       TIME  NODES NODELIST(REASON)
              8112       gpu cs P1 J1      ann PD       0:00      1 (Resources)
              8113       gpu cs_P1_J2      ann PD       0:00      1 (ReqNodeNotAvail, UnavailableNodes:gpu[01-04])
              8114       gpu cs_P1_J3      ann  R      10:01      1 gpu01
            8115_4       gpu cs_P1_J4      ann CG      10:01      1 gpu01
              8116       gpu cs_P1_J5      ann OO       1:00      1 gpu02
              8117       gpu cs_P1_J6      ann TO       1:00      1 gpu02
`;

test('listings of SLURM', () => {
  assert.deepEqual(listed(slurm, SQUEUE), [
    '8112 pending PENDING Resources',
    '8113 pending PENDING ReqNodeNotAvail, UnavailableNodes:gpu[01-04]',
    '8114 running RUNNING',
    '8115 running COMPLETING',
    '8117 ended TIMEOUT',
  ]);
  const long = 'JOBID   STATE   REASON\n12      PENDING Priority\n13      NODE_FAIL None\n';
  assert.deepEqual(listed(slurm, long), ['12 pending PENDING', '13 ended NODE_FAIL']);
  assert.deepEqual(listed(slurm, SQUEUE.split('\n')[0] ?? ''), []);
  assert.equal(slurm.parseList('PENDING\n'), null);
  assert.match('slurm_load_jobs error: Invalid job id specified', slurm.unknownJob);
});

test('how SLURM says that a job ended', () => {
  const control = (state: string, reason: string, exit: string): string =>
    `JobId=8112 JobName=cs UserId=ann(1000) GroupId=ann(1000) MCS_label=N/A Priority=1 JobState=${state} Reason=${reason} Dependency=(null) Requeue=1 ExitCode=${exit} RunTime=00:01:00`;
  assert.equal(
    detail(slurm, control('OUT_OF_MEMORY', 'OutOfMemory', '0:125')),
    'ended OUT_OF_MEMORY OutOfMemory, exit code 0:125',
  );
  assert.equal(detail(slurm, control('TIMEOUT', 'TimeLimit', '0:15')), 'ended TIMEOUT TimeLimit, exit code 0:15');
  assert.equal(detail(slurm, control('RUNNING', 'None', '0:0')), 'running RUNNING');
  assert.equal(detail(slurm, control('BOOT_FAIL', 'None', '0:0')), 'ended NODE_FAIL exit code 0:0');
  const account = '8112|FAILED|1:0\n8112.batch|OUT_OF_MEMORY|0:125\n8112.extern|COMPLETED|0:0\n';
  assert.equal(detail(slurm, account), 'ended OUT_OF_MEMORY exit code 0:125');
  assert.equal(detail(slurm, '8112|CANCELLED by 1000|0:0\n'), 'ended CANCELLED exit code 0:0');
  assert.equal(detail(slurm, '8112|PREEMPTED|0:0\n'), 'ended PREEMPTED exit code 0:0');
  assert.equal(detail(slurm, 'slurm_load_jobs error: Invalid job id specified\n'), 'nothing');
});

test('listings of PBS, with comments and without', () => {
  const short = `Job id            Name             User              Time Use S Queue
----------------  ---------------- ----------------  -------- - -----
1234.pbs          cs_P1_J1         ann               00:10:01 R workq
1235.pbs          cs_P1_J2         ann                      0 Q workq
1236.pbs          cs_P1_J3         ann               00:00:09 E workq
`;
  assert.deepEqual(listed(pbs, short), ['1234 running running', '1235 pending queued', '1236 running exiting']);
  const all = `
pbs-server:
                                                            Req'd  Req'd   Elap
Job ID          Username Queue    Jobname    SessID NDS TSK Memory Time  S Time
--------------- -------- -------- ---------- ------ --- --- ------ ----- - -----
1234.pbs-server ann      workq    cs_P1_J1     3210   1   4   16gb 48:00 R 00:10
   Job run at Mon Nov 23 at 10:00 on (node1:ncpus=4)
1235.pbs-server ann      workq    cs_P1_J2      --    1   4   16gb 48:00 Q   --
   Not Running: Insufficient amount of resource: ngpus
1236.pbs-server ann      workq    cs_P1_J3      --    1   4   16gb 48:00 H   --
`;
  assert.deepEqual(listed(pbs, all), [
    '1234 running running',
    '1235 pending queued Not Running: Insufficient amount of resource: ngpus',
    '1236 pending held',
  ]);
  assert.match('qstat: Unknown Job Id 1234.pbs-server', pbs.unknownJob);
  assert.match(
    'qstat: 1234.pbs-server Job has finished, use -x or -H to obtain historical job information',
    pbs.unknownJob,
  );
});

test('how PBS and Torque say that a job ended', () => {
  const full = (state: string, exit: string, comment: string): string =>
    `Job Id: 1234.pbs-server\n    Job_Name = cs_P1_J1\n    job_state = ${state}\n    comment = ${comment}\n    Exit_status = ${exit}\n`;
  const over = 'Job run at Mon Nov 23 and\n\t exceeded resource mem';
  assert.equal(
    detail(pbs, full('F', '271', over)),
    'ended OUT_OF_MEMORY exit status 271, Job run at Mon Nov 23 and exceeded resource mem',
  );
  assert.equal(
    detail(pbs, full('F', '271', 'job exceeded walltime')),
    'ended TIMEOUT exit status 271, job exceeded walltime',
  );
  assert.equal(detail(pbs, full('F', '271', 'terminated')), 'ended CANCELLED exit status 271, terminated');
  assert.equal(detail(pbs, full('C', '1', 'failed')), 'ended FAILED exit status 1, failed');
  assert.equal(detail(pbs, full('F', '0', 'finished')), 'ended COMPLETED exit status 0, finished');
  assert.equal(
    detail(pbs, '    job_state = Q\n    comment = Not Running: No available resources\n'),
    'pending queued Not Running: No available resources',
  );
  assert.equal(detail(pbs, 'qstat: Unknown Job Id 1234'), 'nothing');
});

test('listings of Grid Engine, as a table and as blocks', () => {
  const table = `job-ID  prior   name       user         state submit/start at     queue                          slots ja-task-ID
-----------------------------------------------------------------------------------------------------------------
    231 0.55500 cs_P1_J1   ann          r     11/23/2026 10:00:00 gpu.q@node1                        4
    232 0.00000 cs_P1_J2   ann          qw    11/23/2026 10:00:10                                    4
    233 0.00000 cs_P1_J3   ann          Eqw   11/23/2026 10:00:10                                    4
    234 0.00000 cs_P1_J4   ann          hqw   11/23/2026 10:00:10                                    4
    235 0.55500 cs_P1_J5   ann          dr    11/23/2026 10:00:00 gpu.q@node1                        4
`;
  assert.deepEqual(listed(sge, table), [
    '231 running r',
    '232 pending qw',
    '233 pending Eqw in an error state',
    '234 pending hqw',
    '235 running dr',
  ]);
  const rule = '='.repeat(62);
  const blocks = `${rule}
job_number:                 231
job_name:                   cs_P1_J1
usage    1:                 cpu=00:10:00, mem=1.2 GBs, io=0.1, vmem=2.1G, maxvmem=2.2G
scheduling info:            (Collecting of scheduler job information is turned off)
${rule}
job_number:                 232
scheduling info:            cannot run in PE "smp" because it only offers 0 slots
${rule}
job_number:                 233
error reason    1:          can't get password entry for user "ann"
`;
  assert.deepEqual(listed(sge, blocks), [
    '231 running r',
    '232 pending qw cannot run in PE "smp" because it only offers 0 slots',
    `233 pending Eqw can't get password entry for user "ann"`,
  ]);
  assert.match('Following jobs do not exist: \n234', sge.unknownJob);
});

test('how Grid Engine says that a job ended', () => {
  const account = (failed: string, exit: string, maxvmem: string): string =>
    `==============\nqname        gpu.q\njobnumber    231\nfailed       ${failed}\nexit_status  ${exit}\nmaxvmem      ${maxvmem}\ncategory     -l h_rt=3600,h_vmem=8G -pe smp 4\n`;
  const limit = '37  : qmaster enforced h_rt, h_cpu, or h_vmem limit';
  assert.equal(detail(sge, account('0', '0', '2.1G')), 'ended COMPLETED exit status 0');
  assert.equal(detail(sge, account('0', '3', '2.1G')), 'ended FAILED exit status 3');
  assert.equal(
    detail(sge, account('100 : assumedly after job', '137', '2.1G')),
    'ended CANCELLED exit status 137, failed 100 : assumedly after job',
  );
  assert.equal(detail(sge, account(limit, '137', '7.9G')), `ended OUT_OF_MEMORY exit status 137, failed ${limit}`);
  assert.equal(detail(sge, account(limit, '137', '1.2G')), `ended TIMEOUT exit status 137, failed ${limit}`);
});

test('listings of LSF', () => {
  const text = `JOBID   USER    STAT  QUEUE      FROM_HOST   EXEC_HOST   JOB_NAME   SUBMIT_TIME
101     ann     PEND  normal     login1         -        cs_P1_J1   Nov 23 10:00
102     ann     RUN   normal     login1      node1       cs_P1_J2   Nov 23 10:01
103     ann     SSUSP normal     login1      node1       cs_P1_J3   Nov 23 10:01
104     ann     EXIT  normal     login1      node1       cs_P1_J4   Nov 23 10:01
105     ann     DONE  normal     login1      node1       cs_P1_J5   Nov 23 10:01
`;
  assert.deepEqual(listed(lsf, text), [
    '101 pending PEND',
    '102 running RUN',
    '103 running SSUSP',
    '104 ended FAILED',
    '105 ended COMPLETED',
  ]);
  assert.match('Job <106> is not found', lsf.unknownJob);
});

test('how LSF says that a job ended', () => {
  const long = (status: string, rest: string): string =>
    `Job <101>, Job Name <cs_P1_J1>, User <ann>, Project <default>, Status <${status}>,\n                     Queue <normal>, Command <#!/usr/bin/env bash>\n${rest}`;
  const exited = (why: string): string =>
    long(
      'EXIT',
      `Mon Nov 23 10:05:00: Exited with exit code 130. The CPU time used is 1.0 seconds.\nMon Nov 23 10:05:00: Completed <exit>; ${why}\n`,
    );
  assert.match(
    detail(lsf, exited('TERM_MEMLIMIT: job killed after reaching LSF memory usage limit.')),
    /^ended OUT_OF_MEMORY exit code 130, TERM_MEMLIMIT/,
  );
  assert.match(detail(lsf, exited('TERM_RUNLIMIT: job killed after reaching LSF run time limit.')), /^ended TIMEOUT/);
  assert.match(detail(lsf, exited('TERM_OWNER: job killed by owner.')), /^ended CANCELLED/);
  assert.match(detail(lsf, exited('TERM_PREEMPT: job killed after preemption.')), /^ended PREEMPTED/);
  assert.equal(detail(lsf, exited('nothing')), 'ended FAILED exit code 130');
  assert.equal(detail(lsf, long('DONE', '')), 'ended COMPLETED');
  const pending = ' PENDING REASONS:\n Job slot limit reached: 4 hosts;\n';
  assert.equal(detail(lsf, long('PEND', pending)), 'pending PEND Job slot limit reached: 4 hosts');
});
