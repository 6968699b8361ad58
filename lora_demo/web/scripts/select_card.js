// For js_on_load: a click on an element with data-id selects that id.
element.addEventListener('click', (event) => {
  const card = event.target.closest('[data-id]');
  if (card) trigger('select', {value: card.dataset.id});
});
