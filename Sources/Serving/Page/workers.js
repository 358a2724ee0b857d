// Workers, events and files, as tables.

const phaseNames = ['data', 'compute', 'encode', 'network', 'reduce', 'update', 'commit'];
const phaseColors = ['--c6', '--c0', '--c2', '--c1', '--c3', '--c5', '--c4'];
const workerLimit = 256, eventLimit = 100;

/** The workers, slow ones first. */
function showWorkers(place, note, run) {
  const workers = run.head.workers;
  const slow = workers.filter(worker => worker.slow);
  note.textContent = !workers.length ? '' : slow.length
    ? `${workers.length}, ${slow.length === 1 ? 'one holds' : `${slow.length} hold`} the others up` : String(workers.length);
  if (!workers.length) {
    const word = run.head.state === 'running' ? 'No worker is there.' : 'Nobody is at work.';
    place.replaceChildren(element('div', 'none', word));
    return;
  }
  const names = element('div', 'worker names');
  names.append(element('span', '', 'name'), element('span', '', 'doing'),
    element('span', '', 'usual time of a microbatch'), element('span', 'number', ''),
    element('span', 'number', 'peak memory'), element('span', '', ''));
  const most = Math.max(...workers.map(worker => total(worker.usualSeconds)), 1e-9);
  const order = [...slow, ...workers.filter(worker => !worker.slow)].slice(0, workerLimit);
  place.replaceChildren(names, ...order.map(worker => workerRow(worker, most)));
}

const total = seconds => (seconds || []).reduce((sum, part) => sum + part, 0);

function workerRow(worker, most) {
  const row = element('div', worker.slow ? 'worker slow' : 'worker');
  const who = row.appendChild(element('span', 'who', worker.name));
  who.title = worker.name;
  const silent = worker.silentSeconds > 5 ? `, silent for ${Format.duration(worker.silentSeconds)}` : '';
  const doing = worker.lease ? `${worker.lease}, ${Format.duration(worker.leaseSeconds)}` : worker.state;
  row.appendChild(element('span', 'doing', doing + silent));
  const stack = row.appendChild(element('span', 'stack'));
  (worker.usualSeconds || []).forEach((seconds, index) => {
    const part = stack.appendChild(element('i'));
    part.style.width = `${seconds / most * 100}%`;
    part.style.background = `var(${phaseColors[index]})`;
    part.title = `${phaseNames[index]} ${Format.duration(seconds)}`;
  });
  row.appendChild(element('span', 'number', worker.usualSeconds ? Format.duration(total(worker.usualSeconds)) : '–'));
  row.appendChild(element('span', 'number memory', worker.peakMemoryBytes ? Format.bytes(worker.peakMemoryBytes) : '–'));
  row.appendChild(element('span', 'small', `${worker.threads} thread${worker.threads === 1 ? '' : 's'}, ${worker.shards} shard${worker.shards === 1 ? '' : 's'}`));
  if (worker.slow) row.appendChild(element('span', 'why', worker.slow));
  return row;
}

// Events

const eventWords = {
  joined: ['joined', '--good'], left: ['left', '--warn'], refused: ['was refused', '--bad'],
  slow: ['is slow', '--warn'], rechecked: ['rechecked', '--c2'], shardUnreadable: ['cannot read a shard', '--bad'],
  shardLost: ['shard lost', '--bad'], resumed: ['resumed', '--accent'], mended: ['metrics mended', '--warn'],
};

function eventText(event) {
  const [word] = eventWords[event.event] || [event.event];
  return `${event.worker ? event.worker + ' ' : ''}${word}${event.detail ? ': ' + event.detail : ''}`;
}

function eventColor(event) { return (eventWords[event.event] || ['', '--faint'])[1]; }

function showEvents(place, note, run) {
  const all = Object.values(run.head.totals.events).reduce((sum, count) => sum + count, 0);
  const shown = run.events.slice(-eventLimit).reverse();
  note.textContent = all > shown.length ? `the newest ${shown.length} of ${Format.count(all)}` : '';
  if (!shown.length) {
    place.replaceChildren(element('li', 'none', 'Nothing so far.'));
    return;
  }
  place.replaceChildren(...shown.map(event => {
    const row = element('li');
    row.appendChild(element('time', '', Format.clock(event.time)));
    row.appendChild(element('span', 'step', `step ${Format.count(event.step)}`));
    const what = row.appendChild(element('span'));
    const [word, color] = eventWords[event.event] || [event.event, '--faint'];
    const bold = what.appendChild(element('b', '', `${event.worker ? event.worker + ' ' : ''}${word}`));
    bold.style.color = `var(${color})`;
    if (event.detail) what.appendChild(element('span', 'detail', ` ${event.detail}`));
    return row;
  }));
}

// Files

function showStorage(place, run) {
  const storage = run.head.storage;
  const rows = [];
  if (storage.diskBytes) {
    const used = 1 - storage.freeBytes / storage.diskBytes;
    const disk = element('div');
    disk.append(line('disk', `${Format.bytes(storage.freeBytes)} of ${Format.bytes(storage.diskBytes)} are left`));
    // As the alert has it: a checkpoint is written beside the others.
    const next = storage.checkpointCount ? 2 * storage.checkpointBytes / storage.checkpointCount : 0;
    const bar = disk.appendChild(element('div', used > 0.95 || storage.freeBytes < next ? 'progress full' : 'progress'));
    bar.appendChild(element('i')).style.width = `${used * 100}%`;
    rows.push(disk);
  }
  rows.push(line(`${storage.checkpointCount} checkpoint${storage.checkpointCount === 1 ? '' : 's'}`, Format.bytes(storage.checkpointBytes)));
  rows.push(line('journal', Format.bytes(storage.journalBytes)));
  rows.push(line('metrics', Format.bytes(storage.metricsBytes)));
  if (storage.checkpoints.length) {
    const table = element('table');
    for (const checkpoint of storage.checkpoints.slice(-6).reverse()) {
      const row = table.insertRow();
      row.append(element('td', 'main', `step ${Format.count(checkpoint.step)}`),
        element('td', '', Format.clock(checkpoint.time)), element('td', '', Format.bytes(checkpoint.bytes)));
    }
    rows.push(table);
  }
  place.replaceChildren(...rows);
}

function line(name, value) {
  const row = element('div', 'row');
  row.append(element('span', '', name), element('span', '', value));
  return row;
}
