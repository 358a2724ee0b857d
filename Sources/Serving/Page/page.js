// The page as a whole: hears the server, and draws what it says.

const at = id => document.getElementById(id);
const state = {runs: [], chosen: 0, x: 'step', log: false, smooth: 2, hidden: new Set(), shownPicture: null, isOver: false};

const plots = {
  loss: new Plot(at('loss'), {empty: 'No step yet'}),
  pairs: new Plot(at('pairs'), {fromZero: true}),
  norm: new Plot(at('norm')),
  rate: new Plot(at('rate'), {fromZero: true}),
  bytes: new Plot(at('bytes'), {format: Format.bytes, fromZero: true, base: 1024}),
  phases: new Plot(at('phases'), {format: Format.duration, fromZero: true, stacked: true}),
  flops: new Plot(at('flops'), {fromZero: true, empty: 'Not measured by this release'}),
};

const words = {
  absent: 'not begun', running: 'running', finished: 'finished', stopped: 'stopped', diverged: 'diverged',
  failed: 'failed', silent: 'silent',
};

// Runs, in words and single numbers

function showRuns() {
  const place = at('runs');
  const isAlone = state.runs.length === 1;
  place.classList.toggle('several', !isAlone);
  place.replaceChildren(...state.runs.map(run => runCard(run, isAlone)));
  const names = state.runs.map(run => run.head.name);
  at('title').textContent = isAlone ? names[0] : names.join(' · ');
  const first = state.runs[0].head;
  const share = first.steps ? Math.floor(first.step / first.steps * 100) : 0;
  document.title = isAlone ? `${share} % ${first.name} – Terrane` : 'Terrane';
  const problems = state.runs.flatMap(run => run.head.problems);
  at('problems').hidden = !problems.length;
  at('problems').textContent = problems.slice(0, 8).join('\n');
}

function runCard(run, isAlone) {
  const head = run.head;
  const card = element(isAlone ? 'div' : 'button', `run${!isAlone && run.index === state.chosen ? ' chosen' : ''}`);
  if (!isAlone) {
    card.type = 'button';
    card.addEventListener('click', () => { state.chosen = run.index; show(); showConfiguration(); });
  }
  const line = card.appendChild(element('div', 'head'));
  if (!isAlone) {
    line.appendChild(element('i', 'swatch')).style.background = `var(${palette(run.index)})`;
    line.appendChild(element('span', 'name', head.name));
  }
  line.appendChild(element('span', `pill ${head.state}`, words[head.state]));
  line.appendChild(element('span', 'sentence', head.sentence));
  const slow = head.workers.filter(worker => worker.slow).length;
  if (isAlone && slow) {
    line.appendChild(element('a', 'pill silent', slow === 1 ? 'one worker is slow' : `${slow} workers are slow`)).href = '#workers';
  }
  if (isAlone && head.model) line.appendChild(element('span', 'model', head.model));
  const progress = card.appendChild(element('div', 'progress')).appendChild(element('i'));
  progress.style.width = `${head.steps ? head.step / head.steps * 100 : 0}%`;
  const where = card.appendChild(element('div', 'where'));
  where.appendChild(element('span', '', `step ${Format.count(head.step)}${head.steps ? ' of ' + Format.count(head.steps) : ''}`));
  where.appendChild(element('span', '', timing(run)));
  const facts = card.appendChild(element('div', 'facts'));
  for (const [value, name] of runFacts(run, isAlone)) {
    const fact = facts.appendChild(element('div', 'fact'));
    fact.append(element('b', '', value), element('span', '', name));
  }
  return card;
}

function timing(run) {
  const head = run.head;
  if (head.secondsLeft) {
    return `${Format.duration(head.secondsLeft)} left, done at ${Format.clock(run.now + head.secondsLeft)}`;
  }
  const trained = head.totals.trainingSeconds;
  return trained && head.state !== 'running' ? `${Format.duration(trained)} of training` : '';
}

function runFacts(run, isAlone) {
  const head = run.head, facts = [];
  const baseline = bestBaseline(head);
  if (head.latest.weightedLoss !== undefined) facts.push([Format.number(head.latest.weightedLoss), 'loss']);
  if (head.latestEvaluation.weightedLoss !== undefined) {
    facts.push([Format.number(head.latestEvaluation.weightedLoss), `held out, step ${Format.count(head.evaluatedStep)}`]);
    if (baseline) {
      const share = 1 - head.latestEvaluation.weightedLoss / baseline.value;
      facts.push([`${Math.round(share * 100)} %`, `held out, below ${baseline.name} (${Format.number(baseline.value)})`]);
    }
  }
  if (head.pairsPerSecond) facts.push([Format.number(head.pairsPerSecond), `${head.sample}s a second`]);
  if (!isAlone) return facts;
  if (head.secondsPerStep) facts.push([Format.duration(head.secondsPerStep), 'a step']);
  if (head.latest.gigaflops !== undefined) facts.push([Format.number(head.latest.gigaflops), 'GFLOP/s']);
  if (head.state === 'running') facts.push([String(head.workers.length), `worker${head.workers.length === 1 ? '' : 's'}`]);
  facts.push([Format.bytes(head.totals.bytesIn + head.totals.bytesOut), 'over the wire']);
  if (head.latest.peakMemoryBytes) facts.push([Format.bytes(head.latest.peakMemoryBytes), 'peak memory, coordinator']);
  if (head.latest.workerPeakMemoryBytes) facts.push([Format.bytes(head.latest.workerPeakMemoryBytes), 'peak memory, largest worker']);
  const {evaluationSeconds, evaluationWallSeconds} = head.totals;
  if (evaluationWallSeconds) {
    facts.push([Format.duration(evaluationWallSeconds), `for evaluations, ${Format.duration(evaluationSeconds)} of work`]);
  } else if (evaluationSeconds) facts.push([Format.duration(evaluationSeconds), 'of work spent on evaluation']);
  return facts;
}

/** The lowest loss that needs no learning. */
function bestBaseline(head) {
  const found = head.baselines.filter(key => head.latestEvaluation[key] !== undefined)
    .map(key => ({name: Format.baseline(key), value: head.latestEvaluation[key]}));
  return found.sort((a, b) => a.value - b.value)[0];
}

// Plots

/** The chosen run's, in its own colour where there are several. */
function lossLines() {
  const isAlone = state.runs.length === 1, lines = [];
  state.runs.forEach(run => {
    const prefix = isAlone ? '' : `${run.head.name}, `;
    const training = run.steps.points('weightedLoss', state.x, run.began);
    const line = smoothed(training, state.smooth);
    const color = isAlone ? '--c0' : palette(run.index);
    if (line !== training) lines.push({key: `${run.index} training`, points: training, color, faint: true, width: 1});
    lines.push({key: `${run.index} training`, name: `${prefix}training`, points: line, color, width: isAlone ? 1.8 : 1.4});
    lines.push({
      key: `${run.index} held out`, name: `${prefix}held out`, color: isAlone ? '--c1' : color, width: 2.2, dots: true,
      dash: isAlone ? null : [6, 3], points: run.evaluations.points('weightedLoss', state.x, run.began),
    });
    if (!isAlone && run.index !== state.chosen) return;
    run.head.baselines.forEach((column, place) => lines.push({
      key: column, name: Format.baseline(column), color: place ? '--c5' : '--c7', dash: place ? [2, 3] : [7, 4], width: 1.3,
      points: prolonged(run.evaluations.points(column, state.x, run.began), training),
    }));
  });
  return lines;
}

/** What does not change while the run learns goes on to where its training is. */
function prolonged(points, training) {
  if (!points.length || !training.length) return points;
  return [...points, [training[training.length - 1][0], points[points.length - 1][1]]];
}

function showPlots() {
  const chosen = state.runs[state.chosen];
  const lines = lossLines();
  const marks = chosen.events.slice(-60).map(event => ({
    x: chosen.place(event, state.x), color: eventColor(event), text: eventText(event),
  }));
  showLegend(lines);
  plots.loss.show(lines.filter(line => !state.hidden.has(line.key)), {marks, log: state.log, x: state.x});
  const each = (plot, column, {log = false, factor = 1} = {}) => plot.show(state.runs.flatMap(run => {
    const points = run.steps.points(column, state.x, run.began).map(([x, y]) => [x, y * factor]);
    const line = smoothed(points, Math.min(state.smooth, 4));
    const color = state.runs.length === 1 ? '--c0' : palette(run.index);
    const name = state.runs.length === 1 ? '' : run.head.name;
    return [{points, color, faint: line !== points, width: 1}, {points: line, color, name: name || column.replace(/([A-Z])/g, ' $1').toLowerCase()}];
  }), {x: state.x, log});
  at('pairs-title').textContent = chosen.head.sample === 'image' ? 'Images a second' : 'Pairs a second';
  each(plots.pairs, 'pairsPerSecond');
  each(plots.norm, 'gradientNorm', {log: true});
  each(plots.rate, 'learningRate');
  each(plots.flops, 'gigaflops');
  at('flops-note').textContent = chosen.steps.has('gigaflops') ? 'GFLOP/s, of all workers' : '';
  showBytes(chosen);
  showPhases(chosen);
}

/** Names and colours under a small plot. */
function legend(place, entries) {
  place.replaceChildren(...entries.map(([name, color]) => {
    const entry = element('span');
    entry.appendChild(element('i')).style.background = `var(${color})`;
    entry.append(name);
    return entry;
  }));
}

function showBytes(run) {
  at('bytes-note').textContent = state.runs.length > 1 ? run.head.name : '';
  plots.bytes.show([
    {name: 'in', color: '--c0', points: run.steps.points('bytesIn', state.x, run.began)},
    {name: 'out', color: '--c1', points: run.steps.points('bytesOut', state.x, run.began)},
  ], {x: state.x});
}

function showPhases(run) {
  at('phases-note').textContent = state.runs.length > 1 ? run.head.name : '';
  const columns = phaseNames.map(name => smoothed(run.steps.points(`${name}Seconds`, state.x, run.began), Math.max(2, state.smooth)));
  const length = Math.min(...columns.map(points => points.length));
  const lines = [];
  let below = null;
  columns.forEach((points, index) => {
    const level = points.slice(-length || points.length).map(([x, y], place) => [x, y + (below ? below[place][1] : 0)]);
    if (!length) return;
    below = level;
    lines.push({name: phaseNames[index], color: phaseColors[index], points: level});
  });
  plots.phases.show(lines, {x: state.x});
}

function showLegend(lines) {
  const named = lines.filter(line => line.name && line.points.length);
  at('legend').replaceChildren(...named.map(line => {
    const entry = element('button', state.hidden.has(line.key) ? 'off' : '');
    entry.type = 'button';
    entry.appendChild(element('i')).style.background = `var(${line.color})`;
    entry.append(line.name);
    entry.addEventListener('click', () => {
      if (!state.hidden.delete(line.key)) state.hidden.add(line.key);
      showPlots();
    });
    return entry;
  }));
}

// The rest

function showPicture(run) {
  const drawn = run.head.picture;
  at('picture-card').hidden = !drawn;
  const word = drawn && `${run.index} ${drawn}`;
  if (!drawn || word === state.shownPicture) return;
  state.shownPicture = word;
  at('picture-note').textContent = `drawn ${Format.clock(drawn)}`;
  at('picture').src = at('picture-link').href = `/runs/${run.index}/picture?${drawn}`;
}

async function showConfiguration() {
  if (!at('configuration').open) return;
  const chosen = state.chosen;
  const answer = await fetch(`/runs/${chosen}/configuration`).catch(() => null);
  if (chosen !== state.chosen) return;
  at('configuration-text').textContent = answer && answer.ok ? await answer.text() : 'It cannot be read.';
}

function show() {
  if (!state.runs.length) {
    at('runs').replaceChildren(element('div', 'run', 'The run has not begun yet.'));
    return;
  }
  state.chosen = Math.min(state.chosen, state.runs.length - 1);
  const chosen = state.runs[state.chosen];
  showRuns();
  showPlots();
  showWorkers(at('workers'), at('workers-note'), chosen);
  showEvents(at('events'), at('events-note'), chosen);
  showStorage(at('storage'), chosen);
  showPicture(chosen);
}

let isShowing = false;
/** Draws once a frame at most, and not at all while nobody looks. */
function showSoon() {
  if (isShowing) return;
  isShowing = true;
  requestAnimationFrame(() => { isShowing = false; show(); });
}

function say(word, name) {
  at('link').textContent = word;
  at('link').className = `link ${name}`;
}

function hear() {
  const source = new EventSource('/events');
  source.addEventListener('snapshot', event => {
    state.runs = JSON.parse(event.data).map((view, index) => {
      const run = new Run(index);
      run.take(view, true);
      return run;
    });
    say('live', 'live');
    showSoon();
  });
  source.addEventListener('change', event => {
    for (const change of JSON.parse(event.data)) {
      if (state.runs[change.run]) state.runs[change.run].take(change, false);
    }
    say('live', 'live');
    showSoon();
  });
  source.addEventListener('end', () => {
    source.close();
    state.isOver = areOver(state.runs);
    if (state.isOver) return say(state.runs.length === 1 ? 'the run has ended' : 'the runs have ended', '');
    say('the page has ended, trying again', 'lost');
    setTimeout(hear, 5000);
  });
  source.addEventListener('error', () => {
    if (!state.isOver) say('no connection, trying again', 'lost');
    if (source.readyState === EventSource.CLOSED && !state.isOver) setTimeout(hearAgain, 5000);
  });
}

/** After an answer that was none: where the token is another by now, the form asks for it. */
async function hearAgain() {
  const answer = await fetch('/state').catch(() => null);
  if (answer && answer.status === 401) location.reload(); else hear();
}

// Choices

function setTheme(name) {
  const isDark = name === 'dark' || name === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches;
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
  at('theme').textContent = {auto: 'Auto', dark: 'Dark', light: 'Light'}[name];
  state.theme = name;
  showSoon();
}

const kept = {
  get(key) { try { return localStorage.getItem(key); } catch { return null; } },
  set(key, value) { try { localStorage.setItem(key, value); } catch { /* Not kept then. */ } },
};

at('theme').addEventListener('click', () => {
  const next = {auto: 'light', light: 'dark', dark: 'auto'}[state.theme];
  kept.set('theme', next);
  setTheme(next);
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => setTheme(state.theme));
for (const button of document.querySelectorAll('[data-x]')) {
  button.addEventListener('click', () => {
    state.x = button.dataset.x;
    document.querySelectorAll('[data-x]').forEach(other => other.classList.toggle('on', other === button));
    showPlots();
  });
}
at('log').addEventListener('change', event => { state.log = event.target.checked; showPlots(); });
at('smooth').addEventListener('input', event => { state.smooth = +event.target.value; showPlots(); });
at('configuration').addEventListener('toggle', showConfiguration);
const phases = phaseNames.map((name, index) => [name, phaseColors[index]]);
legend(at('workers-legend'), phases.slice(0, 4));
legend(at('phases-legend'), phases);
legend(at('bytes-legend'), [['in, gradients', '--c0'], ['out, parameters', '--c1']]);
setTheme(kept.get('theme') || 'auto');
hear();
