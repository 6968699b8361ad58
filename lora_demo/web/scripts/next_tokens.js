// For js_on_load: a button with data-tokens asks for the next tokens of that adapter.
element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-tokens]');
  if (!button) return;
  const sentence = Number(button.dataset.sentence);
  trigger('submit', {value: {adapter: button.dataset.tokens, sentence}});
});
