// For js_on_load: after a visitor's action, the focus moves to the new step or outcome.
let shownNews = '';
watch('value', () => setTimeout(() => {
  const news = element.querySelector('[data-focus]');
  const isNew = news?.textContent !== shownNews;
  shownNews = news?.textContent;
  // A page that was just opened keeps its focus.
  if (isNew && navigator.userActivation.hasBeenActive && news?.checkVisibility()) news.focus();
}, 60));
