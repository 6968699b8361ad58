() => {
  // Gradio names the language of its own texts, which may lack the page's language.
  document.documentElement.lang = window.lora_demo_language ?? 'en';
}
