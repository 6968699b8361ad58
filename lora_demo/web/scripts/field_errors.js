() => {
  // Tell assistive technology which fields are wrong and which sentence says why: Gradio's widgets
  // have no parameter for it. The server marks the widget with the class `wrong`.
  let marked = new Set();
  let messages = 0;
  const mark = (block, found) => {
    const message = block.querySelector('.info-text');
    if (!message) return;
    message.id ||= `field-error-${++messages}`;
    for (const field of block.querySelectorAll('input, textarea')) {
      field.setAttribute('aria-invalid', 'true');
      field.setAttribute('aria-describedby', message.id);
      found.add(field);
    }
  };
  const update = () => {
    const found = new Set();
    for (const block of document.querySelectorAll('.block.wrong')) mark(block, found);
    for (const field of marked) {
      if (found.has(field)) continue;
      field.removeAttribute('aria-invalid');
      field.removeAttribute('aria-describedby');
    }
    marked = found;
  };
  const watched = {subtree: true, childList: true, attributes: true, attributeFilter: ['class']};
  new MutationObserver(update).observe(document.body, watched);
}
