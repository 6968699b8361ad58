() => {
  // Gradio writes some labels and messages in English only, and its numbers with a point.
  if (LOCALE === 'en-US') return;
  const LABELS = {
    'Click to upload or drop files': _('Click to upload or drop files'),
    'Close': _('Close'),
    'File upload': _('File upload'),
    'More tabs': _('More tabs'),
    'Remove this file': _('Remove this file'),
    'Reset to default value': _('Reset to default value'),
  };
  const FIELDS = [
    [/^number input for (.*)$/s, _('number input for {label}')],
    [/^range slider for (.*)$/s, _('range slider for {label}')],
  ];
  const MESSAGES = {
    'Connection Lost': _('Connection Lost'),
    'Connection errored out.': _('Connection errored out.'),
    'Connection to the server was lost. Attempting reconnection...':
      _('Connection to the server was lost. Attempting reconnection...'),
    'Error': _('Error'),
  };
  const TOASTS = '.toast-body';
  const NUMBERS = '.min_value, .max_value, .progress-text, .file-preview .download';
  const hasComma = (1.5).toLocaleString(LOCALE).includes(',');

  const translated = (label) => {
    for (const [pattern, text] of FIELDS) {
      const found = label.match(pattern);
      if (found) return text.replace('{label}', () => found[1]);
    }
    return LABELS[label] ?? label;
  };
  const rename = (element) => {
    const label = element.getAttribute('aria-label') ?? '';
    if (translated(label) !== label) element.setAttribute('aria-label', translated(label));
  };
  const rewritten = (text) => {
    if (text.parentElement?.closest(TOASTS)) return MESSAGES[text.data.trim()] ?? text.data;
    const isNumber = hasComma && text.parentElement?.closest(NUMBERS);
    return isNumber ? text.data.replace(/(\d)\.(\d)/g, '$1,$2') : text.data;
  };
  const rewrite = (text) => {
    const data = rewritten(text);
    if (data !== text.data) text.data = data;
  };
  const translate = (root) => {
    if (root.nodeType === Node.TEXT_NODE) rewrite(root);
    if (root.nodeType !== Node.ELEMENT_NODE) return;
    const places = `${TOASTS}, ${NUMBERS}`;
    [root, ...root.querySelectorAll('[aria-label]')].forEach(rename);
    for (const place of [root.closest(places) ?? [], ...root.querySelectorAll(places)].flat()) {
      const texts = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) rewrite(texts.currentNode);
    }
  };
  translate(document.body);
  new MutationObserver((changes) => {
    for (const {type, target, addedNodes} of changes) {
      if (type === 'attributes') rename(target);
      else if (type === 'characterData') rewrite(target);
      else addedNodes.forEach(translate);
    }
  }).observe(document.body, {
    subtree: true, childList: true, characterData: true,
    attributes: true, attributeFilter: ['aria-label'],
  });
}
