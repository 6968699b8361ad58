() => {
  // Plots: values at a step by pointer and arrow keys, curves on and off, PNG, SVG and CSV.
  const hidden = new Set();
  const SVG = 'http://www.w3.org/2000/svg';
  const WIDTH = 720, HEIGHT = 400, LEFT = 64, TOP = 64, RIGHT = 20, BOTTOM = 48;
  const plotOf = (event) => event.target.closest?.('.plot[data-plot]');
  const valuesOf = (plot) => plot.plotValues ??= JSON.parse(plot.dataset.plot);
  const keyOf = (plot, number) => `${valuesOf(plot).title}/${valuesOf(plot).curves[number].name}`;
  const stepsOf = (values) => {
    const steps = values.curves.flatMap(({points}) => points.map(([x]) => x));
    return [...new Set(steps)].sort((a, b) => a - b);
  };
  const format = (value, options = {maximumSignificantDigits: 4}) => {
    return value.toLocaleString(document.documentElement.lang || 'en', options);
  };
  const at = (points, x) => points.findLast(([step]) => step <= x);

  const apply = (plot) => {
    for (const part of plot.querySelectorAll('[data-curve]')) {
      const isHidden = hidden.has(keyOf(plot, Number(part.dataset.curve)));
      if (part.matches('button')) part.setAttribute('aria-pressed', String(!isHidden));
      else part.style.display = isHidden ? 'none' : '';
    }
  };
  const read = (plot, x) => {
    const values = valuesOf(plot);
    const reader = plot.querySelector('.reader');
    const lines = values.curves.flatMap(({name, points}, number) => {
      const point = at(points, x);
      return point && !hidden.has(keyOf(plot, number)) ? [`${name} ${format(point[1])}`] : [];
    });
    const text = [`${values.step} ${format(x, {})}`, ...lines].join('\n');
    const share = (x - values.x[0]) / (values.x[1] - values.x[0]);
    reader.dataset.step = x;
    reader.dataset.text = text;
    reader.style.setProperty('--at', `${100 * share}%`);
    reader.classList.toggle('end', share > 0.6);
    reader.setAttribute('aria-valuenow', x);
    reader.setAttribute('aria-valuetext', text.replaceAll('\n', ', '));
  };
  const forget = (plot) => { delete plot.querySelector('.reader')?.dataset.text; };

  document.addEventListener('pointermove', (event) => {
    const plot = plotOf(event);
    const area = event.target.closest?.('.area');
    if (!plot || !area) return;
    const values = valuesOf(plot);
    const box = area.getBoundingClientRect();
    const x = values.x[0] + (event.clientX - box.left) / box.width * (values.x[1] - values.x[0]);
    const near = stepsOf(values).reduce((a, b) => Math.abs(b - x) < Math.abs(a - x) ? b : a);
    read(plot, near);
  });
  document.addEventListener('pointerout', (event) => {
    const plot = plotOf(event);
    if (plot && !plot.contains(event.relatedTarget)) forget(plot);
  });
  document.addEventListener('focusout', (event) => {
    if (event.target.matches?.('.reader')) forget(plotOf(event));
  });
  document.addEventListener('keydown', (event) => {
    if (!event.target.matches?.('.reader')) return;
    const plot = plotOf(event);
    const steps = stepsOf(valuesOf(plot));
    const place = steps.indexOf(Number(event.target.dataset.step ?? steps.at(-1)));
    const places = {
      ArrowLeft: place - 1, ArrowDown: place - 1, ArrowRight: place + 1, ArrowUp: place + 1,
      Home: 0, End: steps.length - 1,
    };
    if (!(event.key in places)) return;
    event.preventDefault();
    read(plot, steps[Math.min(Math.max(places[event.key], 0), steps.length - 1)]);
  });
  document.addEventListener('focusin', (event) => {
    if (!event.target.matches?.('.reader') || !event.target.matches(':focus-visible')) return;
    read(plotOf(event), stepsOf(valuesOf(plotOf(event))).at(-1));
  });
  document.addEventListener('click', (event) => {
    const plot = plotOf(event);
    const key = event.target.closest?.('.key[data-curve]');
    const save = event.target.closest?.('[data-save]');
    if (plot && key) {
      const name = keyOf(plot, Number(key.dataset.curve));
      if (!hidden.delete(name)) hidden.add(name);
      apply(plot);
    }
    if (plot && save) savers[save.dataset.save](plot);
  });
  // A view that is rendered again keeps the curves that were switched off.
  new MutationObserver(() => {
    if (hidden.size) document.querySelectorAll('.plot[data-plot]').forEach(apply);
  }).observe(document.body, {childList: true, subtree: true});

  const download = (plot, kind, url) => {
    const link = document.createElement('a');
    link.href = url;
    link.download = `${valuesOf(plot).title.toLowerCase().replace(/[^\p{L}\d]+/gu, '-')}.${kind}`;
    link.click();
    if (url.startsWith('blob:')) setTimeout(() => URL.revokeObjectURL(url), 1000);
  };
  const saveText = (plot, kind, text, type) => {
    download(plot, kind, URL.createObjectURL(new Blob([text], {type})));
  };
  const quoted = (text) => `"${text.replaceAll('"', '""')}"`;
  const saveCsv = (plot) => {
    const {curves} = valuesOf(plot);
    const rows = curves.flatMap(({name, points}) => {
      return points.map(([x, y]) => `${quoted(name)},${x},${y}`);
    });
    saveText(plot, 'csv', ['curve,step,value', ...rows, ''].join('\n'), 'text/csv');
  };
  const svgOf = (plot) => {
    const values = valuesOf(plot);
    const style = getComputedStyle(plot);
    const svg = document.createElementNS(SVG, 'svg');
    const add = (name, attributes, text = '') => {
      const part = document.createElementNS(SVG, name);
      for (const [key, value] of Object.entries(attributes)) part.setAttribute(key, value);
      part.textContent = text;
      svg.append(part);
    };
    const left = (share) => LEFT + share * (WIDTH - LEFT - RIGHT);
    const top = (share) => TOP + share * (HEIGHT - TOP - BOTTOM);
    const place = ([x, y]) => [
      left((x - values.x[0]) / (values.x[1] - values.x[0])),
      top((values.y[1] - y) / (values.y[1] - values.y[0])),
    ].map((number) => number.toFixed(2)).join(',');
    const label = {fill: style.color, 'font-size': 12, 'font-family': 'sans-serif'};
    svg.setAttribute('xmlns', SVG);
    svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
    svg.setAttribute('width', WIDTH);
    svg.setAttribute('height', HEIGHT);
    const paper = getComputedStyle(document.body).backgroundColor;
    add('rect', {width: WIDTH, height: HEIGHT, fill: paper});
    add('text', {...label, x: LEFT, y: 20, 'font-size': 15, 'font-weight': 'bold'}, values.title);
    for (const tick of plot.querySelectorAll('.area > .y')) {
      const y = top(parseFloat(tick.style.top) / 100);
      add('line', {x1: LEFT, x2: WIDTH - RIGHT, y1: y, y2: y, stroke: style.color, opacity: 0.15});
      add('text', {...label, x: LEFT - 8, y: y + 4, 'text-anchor': 'end'}, tick.textContent);
    }
    for (const tick of plot.querySelectorAll('.area > .x')) {
      const x = left(parseFloat(tick.style.left) / 100);
      const y = HEIGHT - BOTTOM + 18;
      add('text', {...label, x, y, 'text-anchor': 'middle'}, tick.textContent);
    }
    add('text', {...label, x: WIDTH - RIGHT, y: HEIGHT - 8, 'text-anchor': 'end'}, values.step);
    add('text', {...label, x: LEFT, y: TOP - 8}, values.unit);
    let x = LEFT + 110;
    values.curves.forEach(({name, points}, number) => {
      if (hidden.has(keyOf(plot, number))) return;
      const line = plot.querySelector(`polyline[data-curve="${number}"]`);
      const {stroke, strokeDasharray} = getComputedStyle(line);
      const dash = strokeDasharray === 'none' ? {} : {'stroke-dasharray': strokeDasharray};
      const drawn = {fill: 'none', stroke, 'stroke-width': 2, ...dash};
      add('polyline', {...drawn, points: points.map(place).join(' ')});
      add('line', {x1: x, x2: x + 18, y1: 42, y2: 42, ...drawn});
      add('text', {...label, x: x + 24, y: 46}, name);
      x += 40 + 7 * name.length;
    });
    return new XMLSerializer().serializeToString(svg);
  };
  const saveSvg = (plot) => saveText(plot, 'svg', svgOf(plot), 'image/svg+xml');
  const savePng = async (plot) => {
    const image = new Image();
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgOf(plot))}`;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = 2 * WIDTH;
    canvas.height = 2 * HEIGHT;
    canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
    download(plot, 'png', canvas.toDataURL('image/png'));
  };
  const savers = {csv: saveCsv, svg: saveSvg, png: savePng};
}
