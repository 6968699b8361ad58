// For js_on_load: a button with data-file saves its data-text as a file of that name.
element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-file]');
  const save = DOWNLOAD_TEXT;
  if (button) save(button.dataset.text, button.dataset.file, 'text/tab-separated-values');
});
