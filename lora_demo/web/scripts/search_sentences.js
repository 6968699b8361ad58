(text) => {
  // Show only the sentences of the report on the page that contain the text, in either language.
  // Pages open until they show 20 sentences, so that a frequent word does not fill a long page.
  const shown = 20;
  const wanted = text.trim().toLowerCase();
  const list = document.getElementById('sentences')?.parentElement;
  if (!list) return;
  let count = 0;
  for (const page of list.querySelectorAll('details.sentences')) {
    let found = 0;
    for (const article of page.querySelectorAll('article')) {
      article.hidden = wanted !== '' && !article.textContent.toLowerCase().includes(wanted);
      if (!article.hidden) found += 1;
    }
    page.hidden = found === 0;
    page.open = wanted !== '' && found > 0 && count < shown;
    count += found;
  }
  let status = list.querySelector('.found');
  if (!status) {
    status = document.createElement('p');
    status.className = 'found';
    status.setAttribute('role', 'status');
    list.prepend(status);
  }
  const found = count === 1 ? _('{count} sentence found') : _('{count} sentences found');
  status.textContent = wanted === '' ? '' : found.replace('{count}', count);
  if (wanted !== '') list.parentElement.open = true;
}
