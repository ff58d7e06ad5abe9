/**
 * True: the parameter is there and says anything but false or 0, in any letters. Python's clients write True.
 * https://github.com/kubernetes/apimachinery/blob/master/pkg/runtime/conversion.go (Convert_Slice_string_To_bool)
 */
export function isFlagOn(text: string | null): boolean {
  return text !== null && !['false', '0'].includes(text.toLowerCase());
}
