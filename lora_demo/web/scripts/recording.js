// For js_on_load: the slider of a .scrubber shows the curves, scores and sentences up to a step.
element.addEventListener('input', (event) => {
  const scrubber = event.target.closest('.scrubber');
  if (!scrubber) return;
  const blocks = [...scrubber.querySelectorAll('[data-step]')];
  const place = Number(event.target.value);
  const {step} = blocks[place].dataset;
  blocks.forEach((block, number) => { block.hidden = number !== place; });
  scrubber.querySelector('output').textContent = step;
  event.target.setAttribute('aria-valuetext', _('step {step}').replace('{step}', step));
  const at = `${100 * Number(step) / Number(scrubber.dataset.end)}%`;
  scrubber.querySelector('.plots').style.setProperty('--at', at);
  if (scrubber.dataset.goal && Number(step) >= Number(scrubber.dataset.goal)) {
    delete scrubber.dataset.goal;
    trigger('select', {value: 'reached'});
  }
});
