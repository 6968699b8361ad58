() => {
  // Gradio starts in one of the languages that it ships. Its core module can switch to another
  // one, whose texts the page adds; without that module, its texts stay English.
  const language = window.lora_demo_language ?? 'en';
  if (language === 'en') return;
  const addresses = performance.getEntriesByType('resource').map((entry) => entry.name);
  const core = addresses.find((address) => /\/assets\/core-[^/]+\.js$/.test(address));
  if (core) import(core).then((module) => module.changeLocale?.(language));
}
