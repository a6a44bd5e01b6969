// A sound of so many bytes: noise, without anything that would be taken out.

export function wav(length) {
  const file = Buffer.alloc(length);
  let state = 1;
  for (let at = 44; at < length; at += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    file[at] = state >>> 16;
  }
  file.write("RIFF", 0);
  file.writeUInt32LE(length - 8, 4);
  file.write("WAVEfmt ", 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20); // PCM
  file.writeUInt16LE(1, 22); // channels
  file.writeUInt32LE(44_100, 24); // samples a second
  file.writeUInt32LE(88_200, 28); // bytes a second
  file.writeUInt16LE(2, 32); // bytes of a sample
  file.writeUInt16LE(16, 34); // bits of a sample
  file.write("data", 36);
  file.writeUInt32LE(length - 44, 40);
  return file;
}
