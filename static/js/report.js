/* The form of a report: asks the phone where it is when told to, makes photos smaller, waits for a network. */

const WIDEST = 1600;
const SMALL_BYTES = 600000;

const here = document.getElementById('position-here');
const position = document.getElementById('position');
const where = document.getElementById('position-said');
const about = document.getElementById('photo-said');

if (here && navigator.geolocation && isSecureContext) {
  here.hidden = false;
  here.addEventListener('click', () => {
    where.textContent = where.dataset.asking;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        position.value = `${coords.latitude.toFixed(5)}, ${coords.longitude.toFixed(5)}`;
        where.textContent = where.dataset.found.replace('{}', Math.ceil(coords.accuracy));
      },
      () => { where.textContent = where.dataset.failed; },
      { enableHighAccuracy: true, timeout: 20000, maximumAge: 60000 },
    );
  });
}

// A photo of a camera has megabytes; what officers need goes through a bad network as well. The server does the same
// to what comes as it is.
async function shrink(input) {
  const [file] = input.files;
  about.textContent = '';
  if (!file || file.size < SMALL_BYTES) return;
  try {
    const picture = await createImageBitmap(file, { imageOrientation: 'from-image' });
    const scale = Math.min(1, WIDEST / Math.max(picture.width, picture.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const blob = await new Promise((done) => { canvas.toBlob(done, 'image/jpeg', 0.85); });
    // Another may have been chosen meanwhile.
    if (!blob || blob.size >= file.size || input.files[0] !== file) return;
    const held = new DataTransfer();
    held.items.add(new File([blob], file.name.replace(/\.[^.]*$/, '') + '.jpg', { type: 'image/jpeg' }));
    input.files = held.files;
    about.textContent = about.dataset.smaller.replace('{}', Math.ceil(blob.size / 1000));
  } catch {
    // Then it is sent as it is.
  }
}

// Sent without a network, the form would give way to the browser's own page of errors.
document.getElementById('report-form')?.addEventListener('submit', (event) => {
  const isOffline = navigator.onLine === false;
  document.getElementById('offline').hidden = !isOffline;
  if (isOffline) event.preventDefault();
});

for (const input of document.querySelectorAll('#photo input')) {
  input.addEventListener('change', () => shrink(input));
}
