"""What is done to runs under Slurm, and what must come of it."""

import time

from trial import SELDOM, Broken, Trial, show


def one_job(trial: Trial, is_short: bool) -> None:
    """A run as one job on two nodes, terrane.sbatch."""
    trial.write_configuration(evaluation=1)
    submit = trial.submit_one_job
    started = time.monotonic()
    job = submit()
    trial.wait_for_progress()
    show("one job on two nodes begins", time.monotonic() - started, "")
    with trial.disturbance("scancel of the one job") as outcome:
        cancel(trial, job, outcome)
        job = submit()
    if not is_short:
        lost_node(trial, job)
        lost_workers(trial)
    trial.write_configuration(SELDOM)
    with trial.disturbance("scancel of the one job") as outcome:
        cancel(trial, job, outcome)
        submit()
    finish(trial)


def lost_node(trial: Trial, job: str) -> None:
    """The second node of the job dies, with all that runs there."""
    with trial.disturbance("loss of the one job's second node") as outcome:
        node = next(n for n in trial.slurm.nodes(job) if n != trial.slurm.job(job)["BatchHost"])
        trial.slurm.kill_node(node)
        seconds = trial.wait("the loss", lambda: trial.slurm.state(node).startswith("down"))
        state = trial.slurm.job(job)["JobState"]
        if state != "RUNNING" or trial.slurm.restarts(job):
            raise Broken(f"job {job} became {state} when its second node was lost")
        outcome.append(f"known after {seconds:.1f} s; the job goes on without it")
    trial.slurm.start_node(node)
    trial.wait("the node", trial.slurm.has_all_nodes)


def lost_workers(trial: Trial) -> None:
    """Another run, none of whose workers can begin: its coordinator would wait for ever."""
    other = Trial(trial.slurm, trial.terrane, trial.data, "idle", trial.steps)
    other.write_configuration(SELDOM)
    started = time.monotonic()
    job = other.submit_one_job(keys="keys-without-workers")
    other.wait("the end of a job without workers", lambda: other.is_gone(job))
    state = other.slurm.job(job)["JobState"]
    if state != "CANCELLED" or "no worker is left" not in other.log(job):
        raise Broken(f"job {job} ended {state}:\n{other.log(job)[-2000:]}")
    show("one job none of whose workers begins", time.monotonic() - started, state)


def many_jobs(trial: Trial, is_short: bool) -> None:
    """A run as jobs that come and go: a coordinator, and workers in arrays."""
    trial.write_configuration(evaluation=1)
    started = time.monotonic()
    workers = [trial.submit_worker(1), trial.submit_worker(2)]
    coordinator = trial.submit_coordinator()
    trial.wait_for_progress()
    show("workers and their coordinator begin", time.monotonic() - started, "in any order")
    coordinator = scancel(trial, coordinator)
    preemption(trial, coordinator, workers)
    if not is_short:
        end_of_stay(trial)
        time_limit(trial, coordinator)
        dead_daemon(trial, coordinator)
    # What is left need not take long.
    trial.write_configuration(SELDOM)
    scancel(trial, coordinator)
    finish(trial)


def scancel(trial: Trial, coordinator: str) -> str:
    """Returns the coordinator's new job."""
    with trial.disturbance("scancel of the coordinator") as outcome:
        cancel(trial, coordinator, outcome)
        return trial.submit_coordinator()


def cancel(trial: Trial, job: str, outcome: list[str]) -> None:
    """It must be the end of the job, with a checkpoint."""
    trial.slurm.run("scancel", job)
    seconds = trial.wait("the end of a cancelled job", lambda: trial.is_gone(job))
    state = trial.slurm.job(job)["JobState"]
    if state != "CANCELLED" or "notice stopped on request at step" not in trial.log(job):
        raise Broken(f"job {job} ended {state}:\n{trial.log(job)[-2000:]}")
    trial.jobs.remove(job)
    outcome.append(f"a checkpoint, and {state} after {seconds:.1f} s; then submitted again")


def preemption(trial: Trial, coordinator: str, workers: list[str]) -> None:
    """A job of the partition that comes first needs the coordinator's node."""
    with trial.disturbance("preemption of the coordinator's node") as outcome:
        node = trial.slurm.job(coordinator)["BatchHost"]
        jobs = (coordinator, *workers)
        hit = [job for job in jobs if trial.slurm.job(job).get("BatchHost") == node]
        before = [trial.slurm.restarts(job) for job in hit]
        options = ("--partition=high", f"--nodelist={node}", "--exclusive", "--output=/dev/null")
        other = trial.slurm.run("sbatch", "--parsable", *options, "--wrap=sleep 1").strip()
        is_over = lambda: [trial.slurm.restarts(job) for job in hit] > before
        seconds = trial.wait("the jobs to be put back", is_over)
        trial.wait("the job that came first", lambda: trial.is_gone(other))
        outcome.append(f"{counted(hit)} put back after {seconds:.1f} s")
        trial.let_start(*hit)


def end_of_stay(trial: Trial) -> None:
    """A worker that may stay for a minute leaves before, and comes back."""
    with trial.disturbance("a worker's time limit") as outcome:
        worker = trial.submit_worker(3, "--time=1")
        seconds = trial.wait("the end of its time", lambda: trial.slurm.restarts(worker) == 1)
        if "the time that this worker was given is over" not in trial.log(worker):
            raise Broken(f"worker {worker} left otherwise:\n{trial.log(worker)[-2000:]}")
        trial.let_start(worker)
        trial.wait("its return", lambda: trial.log(worker).count("joined run") == 2)
        outcome.append(f"it left by itself (--for) after {seconds:.1f} s; back again")


def time_limit(trial: Trial, coordinator: str) -> None:
    """Slurm warns, looking twice a minute whom."""
    with trial.disturbance("the coordinator's time limit") as outcome:
        before = trial.slurm.restarts(coordinator)
        trial.slurm.run("scontrol", "update", f"JobId={coordinator}", "EndTime=now+100")
        is_back = lambda: trial.slurm.restarts(coordinator) > before
        seconds = trial.wait("the warning", is_back)
        trial.slurm.run("scontrol", "update", f"JobId={coordinator}", "TimeLimit=60")
        trial.let_start(coordinator)
        outcome.append(f"warned within {seconds:.1f} s; a checkpoint, and back again")


def dead_daemon(trial: Trial, coordinator: str) -> None:
    """slurmd is killed, and what it started lives on: Slurm begins the job again elsewhere."""
    with trial.disturbance("kill -9 of slurmd by the coordinator") as outcome:
        node = trial.slurm.job(coordinator)["BatchHost"]
        before = trial.slurm.restarts(coordinator)
        here = trial.log(coordinator).count("it ends here")
        trial.slurm.kill_daemon(node)
        seconds = trial.wait("the loss", lambda: trial.slurm.restarts(coordinator) > before)
        trial.let_start(*trial.jobs)
        is_back = lambda: trial.slurm.job(coordinator)["JobState"] == "RUNNING"
        trial.wait("the new coordinator", is_back)
        gave_way = lambda: trial.log(coordinator).count("it ends here") > here
        trial.wait("the old coordinator to give way", gave_way)
        waited = "waiting for its end" in trial.log(coordinator)
        outcome.append(
            f"lost after {seconds:.1f} s; the old one gave way to the new one"
            + (", which waited" if waited else "")
        )
    trial.slurm.start_node(node)
    trial.wait("the node", trial.slurm.has_all_nodes)


def finish(trial: Trial) -> None:
    """To the last step. Every job must end as done, and the bits must be the calm run's."""
    started = time.monotonic()
    trial.wait("the last step", lambda: trial.step() == trial.steps)
    mark = trial.run / "done"
    trial.wait("the mark of the end", mark.exists)
    # One that only begins now, or was put back and is still waiting, finds the run done; and one
    # that waits for a coordinator when the run is marked.
    trial.submit_worker(8)
    mark.unlink()
    late = trial.submit_worker(9)
    trial.wait("a worker that waits", lambda: "connects to the address" in trial.log(late))
    mark.touch()
    trial.let_start(*trial.jobs)
    trial.wait_for_end()
    show("the end", time.monotonic() - started, f"{counted(trial.jobs)} COMPLETED, none FAILED")
    started = time.monotonic()
    digest = trial.compare_with_calm()
    outcome = f"all {trial.steps} steps are equal; the last digest of both is {digest}"
    show("the calm run", time.monotonic() - started, outcome)


def counted(jobs: list[str]) -> str:
    return "1 job" if len(jobs) == 1 else f"{len(jobs)} jobs"
