async (wanted) => {
  // Ask for the permission to notify, and remember the answer; refused: the box is not ticked.
  const answer = wanted && 'Notification' in window ? await Notification.requestPermission() : '';
  localStorage.setItem('lora_demo_notify', answer === 'granted' ? 'yes' : 'no');
  return answer === 'granted';
}
