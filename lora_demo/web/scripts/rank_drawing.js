// For js_on_load: the slider and the list of a .rank-drawing move its drawing and its counts.
function drawRank(drawing) {
  const counts = JSON.parse(drawing.dataset.bases)[drawing.querySelector('select').value];
  const slider = drawing.querySelector('input');
  const place = Number(slider.value);
  const rank = counts.ranks[place];
  const write = (part, text) => {
    drawing.querySelector(`[data-part=${part}]`).textContent = text;
  };
  const number = (value) => value.toLocaleString(LOCALE);
  const {d_in: dIn, d_out: dOut} = counts;
  const style = drawing.querySelector('figure').style;
  style.setProperty('--r', rank);
  style.setProperty('--d-in', dIn);
  style.setProperty('--d-out', dOut);
  style.setProperty('--unit', 220 / Math.max(dIn, dOut));
  drawing.querySelector('output').textContent = rank;
  slider.setAttribute('aria-valuetext', _('rank {rank}').replace('{rank}', rank));
  const sides = dIn === dOut ? `2 · ${number(dIn)}` : `(${number(dIn)} + ${number(dOut)})`;
  const all = counts.of_adapter[place];
  const share = Number((100 * all / (counts.total + all)).toPrecision(3));
  write('w', `${number(dOut)} × ${number(dIn)} = ${number(dIn * dOut)}`);
  write('ab', `${sides} · ${number(rank)} = ${number(counts.of_matrix[place])}`);
  write('matrices', counts.matrices);
  write('all', number(all));
  const shareOf = _('{share}% of {total}').replace('{share}', number(share));
  write('share', shareOf.replace('{total}', number(counts.total + all)));
}
element.addEventListener('input', (event) => {
  const drawing = event.target.closest('.rank-drawing');
  if (!drawing) return;
  if (event.target.matches('select')) {
    // Keep the rank where the other base has it.
    const slider = drawing.querySelector('input');
    const rank = Number(drawing.querySelector('output').textContent);
    const {ranks} = JSON.parse(drawing.dataset.bases)[event.target.value];
    slider.max = ranks.length - 1;
    slider.value = Math.max(0, ranks.findLastIndex((each) => each <= rank));
  }
  drawRank(drawing);
  const reached = Number(drawing.querySelector('output').textContent);
  if (drawing.dataset.goal && reached >= Number(drawing.dataset.goal)) {
    delete drawing.dataset.goal;
    trigger('select', {value: 'reached'});
  }
});
