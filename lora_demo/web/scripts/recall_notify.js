() => {
  // Whether this browser was asked to notify, and still may.
  const isWanted = localStorage.getItem('lora_demo_notify') === 'yes';
  return isWanted && 'Notification' in window && Notification.permission === 'granted';
}
