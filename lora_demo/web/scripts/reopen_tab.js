() => {
  // After a reload, open the tab that was open before.
  const key = 'lora_demo_tab';
  const name = (tab) => tab.textContent.trim();
  document.addEventListener('click', (event) => {
    const tab = event.target.closest('[role=tab]');
    if (tab) localStorage.setItem(key, name(tab));
  });
  const tabs = [...document.querySelectorAll('[role=tab]')];
  tabs.find((tab) => name(tab) === localStorage.getItem(key))?.click();
}
