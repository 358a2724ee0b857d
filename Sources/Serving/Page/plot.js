// Lines on a canvas, with axes, marks of events, and numbers where one points.

const palette = index => `--c${index % 8}`;
const ink = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

class Plot {
  /** @param format of numbers on the vertical axis. */
  constructor(place, {format = Format.number, fromZero = false, stacked = false, base = 10, empty = 'Nothing yet'} = {}) {
    Object.assign(this, {place, format, fromZero, stacked, base, lines: [], marks: [], log: false, x: 'step'});
    this.canvas = place.appendChild(document.createElement('canvas'));
    this.note = place.appendChild(element('div', 'empty', empty));
    this.tip = place.appendChild(element('div', 'tip'));
    this.tip.hidden = true;
    this.pointed = null;
    new ResizeObserver(() => this.draw()).observe(place);
    this.canvas.addEventListener('pointermove', event => this.point(event.offsetX));
    this.canvas.addEventListener('pointerdown', event => this.point(event.offsetX));
    this.canvas.addEventListener('pointerleave', () => this.point(null));
  }

  /** @param lines of {name, color, points, dash, width, faint, dots, band}. */
  show(lines, {marks = [], log = false, x = 'step', end = null} = {}) {
    Object.assign(this, {lines: lines.filter(line => line.points.length), marks, log, x, end});
    this.note.hidden = this.lines.length > 0;
    this.draw();
  }

  get box() {
    const {clientWidth: width, clientHeight: height} = this.place;
    return {width, height, left: 60, right: width - 10, top: 8, bottom: height - 22};
  }

  range() {
    let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
    const usable = y => !this.log || y > 0;
    for (const line of this.lines) {
      for (const [x, y] of line.points) {
        if (x < x0) x0 = x;
        if (x > x1) x1 = x;
        if (line.unbounded || !usable(y)) continue;
        if (y < y0) y0 = y;
        if (y > y1) y1 = y;
      }
    }
    if (!(x1 > x0)) { x1 = x0 + 1; }
    if (y0 > y1) { [y0, y1] = this.log ? [0.1, 1] : [0, 1]; }
    if (this.fromZero && !this.log) y0 = Math.min(0, y0);
    if (this.log) {
      [y0, y1] = [Math.log10(y0), Math.log10(y1)];
      const space = Math.max((y1 - y0) * 0.06, 0.02);
      return {x0, x1, y0: y0 - space, y1: y1 + space};
    }
    const space = (y1 - y0) * 0.06 || Math.abs(y1) * 0.1 || 1;
    return {x0, x1, y0: this.fromZero && y0 >= 0 ? 0 : y0 - space, y1: y1 + space};
  }

  draw() {
    const box = this.box;
    if (box.width < 80) return;
    const scale = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(box.width * scale);
    this.canvas.height = Math.round(box.height * scale);
    const pen = this.canvas.getContext('2d');
    pen.scale(scale, scale);
    if (!this.lines.length) return;
    const range = this.current = this.range();
    const toX = x => box.left + (x - range.x0) / (range.x1 - range.x0) * (box.right - box.left);
    const level = y => this.log ? Math.log10(y) : y;
    const toY = y => box.bottom - (level(y) - range.y0) / (range.y1 - range.y0) * (box.bottom - box.top);
    this.toX = toX;
    this.axes(pen, box, range, toX, toY);
    pen.save();
    pen.beginPath();
    pen.rect(box.left, box.top - 4, box.right - box.left + 4, box.bottom - box.top + 5);
    pen.clip();
    this.drawMarks(pen, box);
    if (this.stacked) this.areas(pen, toX, toY);
    else for (const line of this.lines) this.line(pen, line, toX, toY);
    if (this.pointed !== null) this.crosshair(pen, box, toX, toY);
    pen.restore();
  }

  axes(pen, box, range, toX, toY) {
    pen.font = '11px system-ui, sans-serif';
    pen.fillStyle = ink('--faint');
    pen.strokeStyle = ink('--grid');
    pen.lineWidth = 1;
    pen.textAlign = 'right';
    pen.textBaseline = 'middle';
    for (const y of this.log ? logTicks(range.y0, range.y1) : ticks(range.y0, range.y1, box.height / 42, 0, this.base)) {
      const place = Math.round(toY(y)) + 0.5;
      if (place < box.top || place > box.bottom + 1) continue;
      pen.beginPath();
      pen.moveTo(box.left, place);
      pen.lineTo(box.right, place);
      pen.stroke();
      pen.fillText(this.format(y), box.left - 7, place);
    }
    pen.textAlign = 'center';
    pen.textBaseline = 'top';
    const many = box.width / 75;
    for (const x of this.x === 'time' ? timeTicks(range.x0, range.x1, many) : ticks(range.x0, range.x1, many, 1)) {
      const text = this.x === 'time' ? Format.duration(x).replace(/ 00 [ms]$/, '') : Format.count(x);
      const place = Math.min(Math.max(toX(x), box.left + 8), box.right - 12);
      pen.fillText(x === 0 && this.x === 'time' ? '0' : text, place, box.bottom + 6);
    }
  }

  line(pen, line, toX, toY) {
    const color = ink(line.color);
    pen.strokeStyle = color;
    pen.globalAlpha = line.faint ? 0.28 : 1;
    pen.lineWidth = line.width || 1.6;
    pen.lineJoin = 'round';
    pen.setLineDash(line.dash || []);
    pen.beginPath();
    let isDrawing = false;
    for (const [x, y] of line.points) {
      if (this.log && y <= 0) { isDrawing = false; continue; }
      if (isDrawing) pen.lineTo(toX(x), toY(y)); else pen.moveTo(toX(x), toY(y));
      isDrawing = true;
    }
    pen.stroke();
    pen.setLineDash([]);
    if (line.dots && line.points.length < 80 || line.points.length === 1) {
      pen.fillStyle = color;
      for (const [x, y] of line.points) {
        pen.beginPath();
        pen.arc(toX(x), toY(y), line.points.length === 1 ? 3 : 2.2, 0, 7);
        pen.fill();
      }
    }
    pen.globalAlpha = 1;
  }

  /** Each line is the top of an area that stands on the one before it. */
  areas(pen, toX, toY) {
    for (let place = this.lines.length - 1; place >= 0; place -= 1) {
      const points = this.lines[place].points;
      pen.fillStyle = ink(this.lines[place].color);
      pen.beginPath();
      pen.moveTo(toX(points[0][0]), toY(0));
      for (const [x, y] of points) pen.lineTo(toX(x), toY(y));
      pen.lineTo(toX(points[points.length - 1][0]), toY(0));
      pen.fill();
    }
  }

  drawMarks(pen, box) {
    for (const mark of this.marks) {
      const x = Math.round(this.toX(mark.x)) + 0.5;
      if (x < box.left - 1 || x > box.right + 1) continue;
      pen.strokeStyle = pen.fillStyle = ink(mark.color);
      pen.globalAlpha = 0.35;
      pen.beginPath();
      pen.moveTo(x, box.top);
      pen.lineTo(x, box.bottom);
      pen.stroke();
      pen.globalAlpha = 1;
      pen.beginPath();
      pen.moveTo(x - 4, box.bottom + 1);
      pen.lineTo(x + 4, box.bottom + 1);
      pen.lineTo(x, box.bottom - 6);
      pen.fill();
    }
  }

  // What one points at.

  point(offset) {
    const box = this.box;
    this.pointed = offset === null || !this.lines.length || offset < box.left - 8 || offset > box.right + 8
      ? null : offset;
    this.draw();
    this.describe(box);
  }

  nearest(points, offset) {
    let [low, high] = [0, points.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.toX(points[middle][0]) < offset) low = middle + 1; else high = middle;
    }
    return low > 0 && offset - this.toX(points[low - 1][0]) < this.toX(points[low][0]) - offset
      ? points[low - 1] : points[low];
  }

  crosshair(pen, box, toX, toY) {
    const named = this.lines.filter(line => line.name);
    const at = named.length ? toX(this.nearest(named[0].points, this.pointed)[0]) : this.pointed;
    pen.strokeStyle = ink('--faint');
    pen.beginPath();
    pen.moveTo(Math.round(at) + 0.5, box.top);
    pen.lineTo(Math.round(at) + 0.5, box.bottom);
    pen.stroke();
    if (this.stacked) return;
    for (const line of named) {
      const [x, y] = this.nearest(line.points, this.pointed);
      if (this.log && y <= 0) continue;
      pen.fillStyle = ink(line.color);
      pen.beginPath();
      pen.arc(toX(x), toY(y), 3.2, 0, 7);
      pen.fill();
    }
  }

  describe(box) {
    this.tip.hidden = this.pointed === null;
    if (this.pointed === null) return;
    const named = this.lines.filter(line => line.name);
    if (!named.length) return;
    const [x] = this.nearest(named[0].points, this.pointed);
    const rows = [element('b', '', this.x === 'time' ? `after ${Format.duration(x)}` : `step ${Format.count(x)}`)];
    named.forEach((line, place) => {
      const row = element('div');
      const swatch = row.appendChild(element('i'));
      swatch.style.background = ink(line.color);
      let y = this.nearest(line.points, this.pointed)[1];
      if (this.stacked && place > 0) y -= this.nearest(named[place - 1].points, this.pointed)[1];
      row.append(`${line.name} ${this.format(y)}`);
      rows.push(row);
    });
    for (const mark of this.marks.filter(mark => Math.abs(this.toX(mark.x) - this.pointed) < 5).slice(-3)) {
      rows.push(element('div', 'event', mark.text));
    }
    this.tip.replaceChildren(...rows);
    const isRight = this.pointed > box.width / 2;
    this.tip.style.left = isRight ? '' : `${this.pointed + 14}px`;
    this.tip.style.right = isRight ? `${box.width - this.pointed + 14}px` : '';
    this.tip.style.top = '10px';
  }
}

/** Round numbers between two. */
function ticks(low, high, count, least = 0, base = 10) {
  const rough = (high - low) / Math.max(2, count);
  const power = base ** Math.floor(Math.log(rough) / Math.log(base) + 1e-9);
  const parts = base === 10 ? [1, 2, 5, 10] : [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
  const step = Math.max(least, (parts.find(part => part * power >= rough * 0.999) || base) * power);
  const found = [];
  for (let place = Math.ceil(low / step); place * step <= high * (1 + 1e-12) && found.length < 40; place += 1) {
    found.push(+(place * step).toPrecision(12));
  }
  return found;
}

/** Powers of ten between two exponents, and numbers between those where there are few. */
function logTicks(low, high) {
  const parts = high - low > 3 ? [1] : high - low > 1.2 ? [1, 3] : [1, 1.5, 2, 3, 4, 5, 7];
  const found = [];
  for (let power = Math.floor(low); power <= high; power += Math.ceil((high - low) / 8)) {
    for (const part of parts) {
      const value = +(part * 10 ** power).toPrecision(3);
      if (Math.log10(value) >= low && Math.log10(value) <= high) found.push(value);
    }
  }
  return found.length > 1 ? found : ticks(10 ** low, 10 ** high, 4);
}

function timeTicks(low, high, count) {
  const steps = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 604800];
  const step = steps.find(step => (high - low) / step <= count) || 2592000;
  const found = [];
  for (let x = Math.ceil(low / step) * step; x <= high; x += step) found.push(x);
  return found;
}
