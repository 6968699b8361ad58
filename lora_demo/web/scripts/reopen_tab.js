() => {
  // After a reload, open the tab that was open before; an address with a lesson opens Learn, and a
  // link to a comparison opens Compare. Tabs are known by their ids, which no language changes.
  const key = 'lora_demo_tab';
  const id = (tab) => tab.dataset.tabId;
  document.addEventListener('click', (event) => {
    const tab = event.target.closest('[role=tab]');
    if (tab) localStorage.setItem(key, id(tab));
  });
  const tabs = [...document.querySelectorAll('[role=tab]')];
  const query = new URLSearchParams(location.search);
  const linked = query.has('lesson') ? 'learn' : query.has('text') && 'compare';
  const wanted = linked || localStorage.getItem(key)?.toLowerCase();
  tabs.find((tab) => id(tab) === wanted)?.click();
}
