'use strict';
// What the server tells of the runs, and numbers as people read them.

/** Rows of numbers by column, brought up to date by what the server sends. */
class Series {
  constructor() { this.generation = -1; this.stride = 1; this.columns = []; this.rows = []; }

  take(view) {
    if (view.generation !== this.generation || view.from > this.rows.length) {
      if (view.from > 0) return;  // Comes whole with the next snapshot.
      this.rows = [];
    }
    this.generation = view.generation;
    this.stride = view.stride;
    this.columns = view.columns;
    this.rows.length = Math.min(this.rows.length, view.from);
    for (const row of view.rows) this.rows.push(row);
  }

  has(column) { return this.columns.includes(column); }

  /** Points [x, y] of a column, without those that are missing. */
  points(column, x, began) {
    const place = this.columns.indexOf(column);
    if (place < 0) return [];
    const points = [];
    for (const row of this.rows) {
      const y = row[place];
      if (y !== null && y !== undefined) points.push([x === 'time' ? row[1] - began : row[0], y]);
    }
    return points;
  }
}

class Run {
  constructor(index) {
    this.index = index;
    this.head = null;
    this.steps = new Series();
    this.evaluations = new Series();
    this.events = [];
    this.heardAt = 0;
  }

  take(view, isWhole) {
    if (isWhole) {
      this.steps = new Series();
      this.evaluations = new Series();
      this.events = [];
    }
    this.head = view.head;
    this.heardAt = performance.now();
    this.steps.take(view.steps);
    this.evaluations.take(view.evaluations);
    if (view.eventsBeginAnew) this.events = [];
    // What came with a snapshot may come again with the change after it.
    const last = this.events.length ? this.events[this.events.length - 1].number : 0;
    this.events = this.events.concat(view.events.filter(event => event.number > last)).slice(-300);
  }

  get began() { return this.head.began || 0; }

  /** The moment by the run's own clock. */
  get now() { return this.head.now + (performance.now() - this.heardAt) / 1000; }

  /** Where an event lies on the axis. */
  place(event, x) { return x === 'time' ? event.time - this.began : event.step; }
}

/** Whether none of the runs goes on: else their page may come back. */
function areOver(runs) {
  return runs.length > 0 && runs.every(run => ['finished', 'failed', 'diverged'].includes(run.head.state));
}

/** A line through what scatters: a mean around each point, of a share of all points. What has few
    points is left as it is. */
function smoothed(points, strength) {
  const reach = Math.floor(points.length * strength * strength / 800);
  if (reach < 1) return points;
  const sums = [0];
  for (const point of points) sums.push(sums[sums.length - 1] + point[1]);
  return points.map((point, place) => {
    // As far to the left as to the right, so that ends are not drawn towards the middle.
    const near = Math.min(reach, place, points.length - 1 - place);
    return [point[0], (sums[place + near + 1] - sums[place - near]) / (2 * near + 1)];
  });
}

const Format = {
  number(value) {
    if (value === null || value === undefined || !isFinite(value)) return '–';
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-3 || size >= 1e7)) return (+value.toPrecision(3)).toExponential().replace('e+', 'e');
    if (size >= 999.95) return Math.round(value).toLocaleString('en');
    return String(+value.toPrecision(4));
  },
  count(value) { return Math.round(value).toLocaleString('en'); },
  bytes(value) {
    if (value === null || value === undefined) return '–';
    const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
    let unit = 0;
    while (value >= 1023.5 && unit < units.length - 1) { value /= 1024; unit += 1; }
    return `${value < 9.95 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
  },
  duration(seconds) {
    if (seconds === null || seconds === undefined || !isFinite(seconds)) return '–';
    if (seconds < 0) return `-${Format.duration(-seconds)}`;
    if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
    if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
    const whole = Math.round(seconds);
    if (whole < 60) return `${whole} s`;
    if (whole < 3600) return `${Math.floor(whole / 60)} m ${String(whole % 60).padStart(2, '0')} s`;
    if (whole < 86400) return `${Math.floor(whole / 3600)} h ${String(Math.floor(whole / 60) % 60).padStart(2, '0')} m`;
    return `${Math.floor(whole / 86400)} d ${String(Math.floor(whole / 3600) % 24).padStart(2, '0')} h`;
  },
  clock(seconds) {
    if (seconds === null || seconds === undefined) return '–';
    const date = new Date(seconds * 1000);
    const time = date.toLocaleTimeString([], {hour: '2-digit', minute: '2-digit', hour12: false});
    return Date.now() - date < 72e6 && date - Date.now() < 72e6
      ? time : `${date.toLocaleDateString([], {month: 'short', day: 'numeric'})} ${time}`;
  },
  /** "patchMeanWeighted" as people say it. */
  baseline(key) {
    const known = {patchMean: 'mean of each patch', copy: 'neighbour copied', mean: 'mean of the bands'};
    const word = key.replace(/(Weighted|Plain)$/, '');
    return known[word] || word.replace(/([A-Z])/g, ' $1').toLowerCase();
  },
};

/** An element with a class and a text. */
function element(tag, name, text) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text !== undefined) made.textContent = text;
  return made;
}
