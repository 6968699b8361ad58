// For js_on_load: a button with data-ladder asks for the translations of that adapter at each rank;
// moving the slider of a card shows them on all cards of the adapter.
element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-ladder]');
  if (button) trigger('select', {value: button.dataset.ladder});
});
element.addEventListener('input', (event) => {
  const moved = event.target.closest('.ladder');
  if (!moved) return;
  const step = Number(event.target.value);
  for (const ladder of element.querySelectorAll('.ladder')) {
    if (ladder.dataset.adapter !== moved.dataset.adapter) continue;
    const rank = JSON.parse(ladder.dataset.ranks)[step];
    ladder.querySelector('input').value = step;
    ladder.querySelector('output').textContent = rank;
    ladder.querySelector('p').textContent = JSON.parse(ladder.dataset.notes)[step];
    ladder.querySelectorAll('.bars i').forEach((bar, k) => {
      bar.classList.toggle('kept', k < rank);
    });
    const card = ladder.closest('.cell');
    const shown = JSON.parse(card.dataset.steps)[step];
    // The server escaped and marked this translation.
    card.querySelector('.text').innerHTML = shown.html;
    const flaw = card.querySelector('.broken');
    flaw.textContent = shown.flaw;
    flaw.hidden = !shown.flaw;
    const bar = card.querySelector('.quality');
    if (bar) {
      bar.setAttribute('aria-valuenow', Math.round(shown.quality));
      bar.firstElementChild.style.width = `${shown.quality}%`;
    }
    card.querySelector('footer span').textContent = shown.facts;
    card.querySelector('[data-copy]').dataset.copy = shown.text;
  }
});
